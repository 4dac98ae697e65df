/** The point to take: the smallest within a loss, or the best within a size. Pure. */
import type { Calibration, Candidate } from './candidate';
import { beats, equalBits, sizeOf } from './rank';
import { supplyOf } from './supply';

/** What the reader can do with: at most so much more perplexity (0.03 is 3 %), or at most so many megabytes. */
export type Goal =
  { readonly kind: 'loss'; readonly most: number } | { readonly kind: 'megabytes'; readonly most: number };

/** Where nobody has chosen: what is hardly noticed in use, and what 4 bits cost on most models. */
export const usualGoal: Goal = { kind: 'loss', most: 0.03 };

export interface Choice {
  /** Null where no point was measured. */
  readonly point: Candidate | null;
  /** Whether `point` keeps to the goal; else it is what comes nearest. */
  readonly within: boolean;
  /** The best smaller points, one a width, from the widest down. */
  readonly narrower: readonly Candidate[];
}

const loss = ({ values: { lnRatio } }: Candidate) => lnRatio?.mean ?? Infinity;
const size = ({ size }: Candidate) => size?.megabytes ?? Infinity;

/** Lowest by `first`, and by `second` among equals. */
const least = (
  points: readonly Candidate[],
  first: (p: Candidate) => number,
  second: (p: Candidate) => number,
): Candidate | null =>
  points.reduce<Candidate | null>(
    (best, p) =>
      best === null || first(p) < first(best) || (first(p) === first(best) && second(p) < second(best)) ? p : best,
    null,
  );

export function choose(points: readonly Candidate[], goal: Goal, calibration: Calibration | null): Choice {
  const all = points.filter((point) => Number.isFinite(loss(point)) && point.size?.megabytes);
  // What has seen the text that it is measured on is no choice, where there is another.
  const fair = supplyOf(calibration) === 'leaked' ? all.filter((point) => !point.calibrated) : all;
  const measured = fair.length ? fair : all;
  const fits = measured.filter((point) =>
    goal.kind === 'loss' ? Math.expm1(loss(point)) <= goal.most : size(point) <= goal.most,
  );
  const within = fits.length > 0;
  const point = within
    ? best(fits, goal, calibration)
    : goal.kind === 'loss'
      ? least(measured, loss, size)
      : least(measured, size, loss);
  return { point, within, narrower: point ? narrowerThan(point, measured) : [] };
}

/**
 * Within a size the least loss, within a loss the smallest; and then, of those that cost about the same, the smallest that no other beats
 * beyond chance: a luckier number is no reason to pay more.
 */
function best(fits: readonly Candidate[], goal: Goal, calibration: Calibration | null): Candidate | null {
  const found = goal.kind === 'megabytes' ? least(fits, loss, size) : least(fits, size, loss);
  if (!found) return null;
  const near = fits.filter((point) => Math.abs(sizeOf(point) - sizeOf(found)) <= equalBits);
  const unbeaten = near.filter((point) => !near.some((other) => other !== point && beats(other, point, calibration)));
  return least(unbeaten, size, loss) ?? least(near, loss, size);
}

function narrowerThan(chosen: Candidate, measured: readonly Candidate[]): Candidate[] {
  const widths = [...new Set(measured.map(({ bits }) => bits))]
    .filter((bits) => bits < chosen.bits)
    .sort((a, b) => b - a);
  return widths.flatMap((bits) => {
    const smaller = measured.filter((point) => point.bits === bits && size(point) < size(chosen));
    return least(smaller, loss, size) ?? [];
  });
}
