/**
 * Which method is best at each width. A method beats another where the whole 95 % interval of their difference, window by window, lies
 * on its side. A link does not hold windows: there the two intervals of the ln ratio to full precision must lie apart, which takes a
 * larger difference. Pure.
 */
import { compare } from '../statistics';
import type { Candidate } from './candidate';
import { judged, type Supply } from './supply';

export interface Ranking {
  readonly bits: number;
  /** Points of this width that can be compared, two or more: the lowest perplexity and those like it, then the others, each lowest first. */
  readonly points: readonly Candidate[];
  /** How many cannot be told apart from the best, itself included. */
  readonly leaders: number;
}

const mean = ({ lnRatio }: Candidate) => lnRatio?.mean ?? Infinity;

/** Whether `best` is better than `other` beyond chance; between two that read inputs, only where these were plenty. */
export function beats(best: Candidate, other: Candidate, supply: Supply): boolean {
  if (supply === 'short' && other.calibrated) return false;
  const difference = best.losses && other.losses ? compare(other.losses, best.losses) : null;
  return difference ? difference.low > 0 : (other.lnRatio?.low ?? -Infinity) > (best.lnRatio?.high ?? Infinity);
}

/** The lowest and those that cannot be told apart from it, and the others; each from the lowest up. */
export function split<T extends Candidate>(
  points: readonly T[],
  supply: Supply = 'plenty',
): Readonly<Record<'leaders' | 'beaten', readonly T[]>> {
  const sorted = [...points].sort((a, b) => mean(a) - mean(b));
  const [first] = sorted;
  const beaten = new Set(sorted.filter((other) => first && other !== first && beats(first, other, supply)));
  return { leaders: sorted.filter((point) => !beaten.has(point)), beaten: [...beaten] };
}

/** Bits per weight by which points may differ and still be compared as equals: zeros of groups, parameters of transforms. */
export const equalBits = 0.1;

export const sizeOf = ({ bitsPerWeight, bits }: Candidate): number => bitsPerWeight ?? bits;

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
export function rankings(points: readonly Candidate[], supply: Supply): Ranking[] {
  const measured = points.filter(({ lnRatio }) => lnRatio && !Number.isNaN(lnRatio.mean));
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
        supply,
      ).judged;
    })
    .filter((of) => of.length > 1)
    .map((of) => {
      const { leaders, beaten } = split(of, supply);
      return { bits: of[0]?.bits ?? 0, points: [...leaders, ...beaten], leaders: leaders.length };
    })
    .sort((a, b) => b.bits - a.bits);
}
