/**
 * Which method is best at each width. A method beats another where the whole 95 % interval of their difference lies on its side: window
 * by window, and wide enough for what another calibration text would change. A link does not hold windows: there the two intervals of
 * the ln ratio to full precision must lie apart, which takes a larger difference. Pure.
 */
import { compare } from '../statistics';
import type { Calibration, Candidate } from './candidate';
import { calibrationNoise, judged, supplyOf } from './supply';

export interface Ranking {
  readonly bits: number;
  /** Points of this width that can be compared, two or more: the lowest perplexity and those like it, then the others, each lowest first. */
  readonly points: readonly Candidate[];
  /** How many cannot be told apart from the best, itself included. */
  readonly leaders: number;
  /** Whether it is for want of calibration text that some of them cannot. */
  readonly undecided: boolean;
}

const mean = ({ values: { lnRatio } }: Candidate) => lnRatio?.mean ?? Infinity;

/** Whether `best` is better than `other` beyond chance; between two that read inputs, only where these were plenty. */
export function beats(best: Candidate, other: Candidate, calibration: Calibration | null): boolean {
  const supply = supplyOf(calibration);
  if (supply === 'short' && other.calibrated) return false;
  if (supply === 'leaked' && (best.calibrated || other.calibrated)) return false;
  const difference = best.losses && other.losses ? compare(other.losses, best.losses) : null;
  const [by, half] = difference
    ? [difference.mean, difference.mean - difference.low]
    : [mean(other) - mean(best), halfOf(other, 'low') + halfOf(best, 'high')];
  const noise = normal * Math.hypot(calibrationNoise(best, calibration), calibrationNoise(other, calibration));
  return by > Math.hypot(half, noise);
}

/** 97.5 % quantile of the normal distribution. */
const normal = 1.96;

/** From the mean to an end of the interval; 0 for what broke down altogether. */
function halfOf({ values: { lnRatio } }: Candidate, side: 'low' | 'high'): number {
  const half = lnRatio ? Math.abs(lnRatio.mean - lnRatio[side]) : 0;
  return Number.isFinite(half) ? half : 0;
}

/** The lowest and those that cannot be told apart from it, and the others; each from the lowest up. */
export function split<T extends Candidate>(
  points: readonly T[],
  calibration: Calibration | null,
): Readonly<Record<'leaders' | 'beaten', readonly T[]>> {
  const sorted = [...points].sort((a, b) => mean(a) - mean(b));
  const [first] = sorted;
  const beaten = new Set(sorted.filter((other) => first && other !== first && beats(first, other, calibration)));
  return { leaders: sorted.filter((point) => !beaten.has(point)), beaten: [...beaten] };
}

/** Bits per weight by which points may differ and still be compared as equals: zeros of groups, parameters of transforms. */
export const equalBits = 0.1;

export const sizeOf = ({ size, bits }: Candidate): number => size?.bitsPerWeight ?? bits;

/** Sizes one after another, each within `equalBits` of the one before: points that cost about the same. */
function bySize(points: readonly Candidate[]): Candidate[][] {
  const classes: Candidate[][] = [];
  for (const point of [...points].sort((a, b) => sizeOf(a) - sizeOf(b))) {
    const last = classes.at(-1)?.at(-1);
    if (last && sizeOf(point) - sizeOf(last) <= equalBits) classes.at(-1)?.push(point);
    else classes.push([point]);
  }
  return classes;
}

/**
 * One ranking per width at which two or more methods can be compared, widest first: of the points that cost about the same per weight,
 * where most of them do, and of smaller ones that are better still. Half a bit more for groups or a low-rank part is another point of
 * the curve, not a better method.
 */
export function rankings(points: readonly Candidate[], calibration: Calibration | null): Ranking[] {
  const measured = points.filter(({ values: { lnRatio } }) => lnRatio && !Number.isNaN(lnRatio.mean));
  return [...new Set(measured.map(({ bits }) => bits))]
    .map((bits) => {
      const classes = bySize(measured.filter((point) => point.bits === bits));
      const withBetter = classes.map((of, i) => {
        const least = Math.min(...of.map(mean));
        const smaller = classes.slice(0, i).flat();
        return [...of, ...smaller.filter((point) => mean(point) < least)];
      });
      return judged(
        withBetter.reduce((most, of) => (of.length > most.length ? of : most)),
        calibration,
      ).judged;
    })
    .filter((of) => of.length > 1)
    .map((of) => {
      const { leaders, beaten } = split(of, calibration);
      const undecided = supplyOf(calibration) === 'short' && leaders.filter((point) => point.calibrated).length > 1;
      return { bits: of[0]?.bits ?? 0, points: [...leaders, ...beaten], leaders: leaders.length, undecided };
    })
    .sort((a, b) => b.bits - a.bits);
}
