/** Passes of the calibration text, as every order makes them: their progress as events, and what they give as moments of sites. */
import { siteId } from '../../model/siteId';
import { worked, type Bench } from '../bench';
import type { BlockMoments, Moment } from '../calibrate';
import type { PreparedPoint } from '../prepare';
import type { RunEvent } from '../../log/events';

export const withSample = (moments: BlockMoments, sample: Moment['sample']): BlockMoments =>
  sample ? new Map([...moments].map(([name, moment]) => [name, { ...moment, sample }])) : moments;

/** Passes on the result of a pass, and its progress as events. `point` is null where it is for all. */
export async function* passing<T>(
  bench: Bench,
  point: PreparedPoint | null,
  steps: AsyncGenerator<number, T>,
): AsyncGenerator<RunEvent, T> {
  const { costs, work } = bench;
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    // In sequential mode a block is passed twice, once for H; the difference between the two is small.
    const perToken = costs.block + (point ? costs.gram / 2 : costs.gram);
    yield* worked(bench, work.calibrating, point?.id ?? null, step.value * perToken);
  }
}

export function* tellCalibrated(
  point: PreparedPoint | null,
  block: number,
  moments: BlockMoments,
  seconds: number,
): Generator<RunEvent> {
  for (const [name, { tokens }] of moments) {
    yield {
      type: 'site-calibrated',
      point: point?.id ?? null,
      site: siteId(block, name),
      tokens,
      seconds: seconds / moments.size,
    };
  }
}
