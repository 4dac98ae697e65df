/** The point to take: the smallest within a loss, or the best within a size. Pure. */
import type { Candidate } from './candidate';
import { equalBits, sizeOf } from './rank';

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

const loss = ({ lnRatio }: Candidate) => lnRatio?.mean ?? Infinity;
const size = ({ megabytes }: Candidate) => megabytes ?? Infinity;

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

export function choose(points: readonly Candidate[], goal: Goal): Choice {
  const measured = points.filter((point) => point.lnRatio && Number.isFinite(point.lnRatio.mean) && point.megabytes);
  const fits = measured.filter((point) =>
    goal.kind === 'loss' ? Math.expm1(loss(point)) <= goal.most : size(point) <= goal.most,
  );
  const within = fits.length > 0;
  const point = within
    ? best(fits, goal)
    : goal.kind === 'loss'
      ? least(measured, loss, size)
      : least(measured, size, loss);
  return { point, within, narrower: point ? narrowerThan(point, measured) : [] };
}

/** Within a size: the least loss. Within a loss: the smallest, and of those that cost about the same the one that loses least. */
function best(fits: readonly Candidate[], goal: Goal): Candidate | null {
  if (goal.kind === 'megabytes') return least(fits, loss, size);
  const smallest = least(fits, size, loss);
  return (
    smallest &&
    least(
      fits.filter((point) => sizeOf(point) - sizeOf(smallest) <= equalBits),
      loss,
      size,
    )
  );
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
