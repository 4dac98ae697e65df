/** Whether a run repeated a shared one, point by point. Pure. */
import type { PointView } from './runView';

/** match: the same codes and the same perplexity; close: other codes (another adapter), perplexity inside the interval; differs: neither. */
export type Verdict = 'match' | 'close' | 'differs';

/** Relative: what a link rounds to, with room for another order of float32 sums. */
const samePerplexity = 1e-4;

/** Null while one of the two is not finished. */
export function comparePoint(shared: PointView | undefined, mine: PointView): Verdict | null {
  if (shared?.state !== 'finished' || mine.state !== 'finished') return null;
  const [theirs, own] = [shared.values['perplexity'], mine.values['perplexity']];
  if (!theirs || !own) return null;
  // Links carry the first digits of a hash only.
  const digits = Math.min(shared.hash?.length ?? 0, mine.hash?.length ?? 0);
  const sameCodes = digits > 0 && shared.hash?.slice(0, digits) === mine.hash?.slice(0, digits);
  const samePpl = Math.abs(own.mean / theirs.mean - 1) <= samePerplexity;
  if (sameCodes && samePpl) return 'match';
  return samePpl || (own.mean >= theirs.low && own.mean <= theirs.high) ? 'close' : 'differs';
}

export interface Tally {
  readonly match: number;
  readonly close: number;
  readonly differs: number;
  readonly open: number;
}

export function tally(shared: readonly PointView[], mine: readonly PointView[]): Tally {
  const counts = { match: 0, close: 0, differs: 0, open: 0 };
  for (const point of mine)
    counts[
      comparePoint(
        shared.find(({ id }) => id === point.id),
        point,
      ) ?? 'open'
    ]++;
  return counts;
}
