/** Passes of the calibration text, as every order makes them: their progress as events, and what they give as moments of sites. */
import type { Site } from '../../model/model';
import { siteId } from '../../model/siteId';
import { present } from '../../util/assert';
import { worked, type Bench } from '../bench';
import type { BlockMoments, Moment } from '../calibrate';
import type { Part } from '../parts';
import type { PreparedPoint } from '../prepare';
import { expertsInParts } from '../remarks';
import type { RunEvent } from '../../log/events';

export const withSample = (moments: BlockMoments, sample: Moment['sample']): BlockMoments =>
  sample ? new Map([...moments].map(([name, moment]) => [name, { ...moment, sample }])) : moments;

/**
 * Passes on the result of a pass, and its progress as events. `point` is null where it is for all; `passes`: how many there are of the block
 * for what is planned as one.
 */
export async function* passing<T>(
  bench: Bench,
  point: PreparedPoint | null,
  steps: AsyncGenerator<number, T>,
  passes = 1,
): AsyncGenerator<RunEvent, T> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    yield* passed(bench, point, step.value, passes, 'computed');
  }
}

/** Counts tokens that went through a block, or need not. */
export function* passed(
  bench: Bench,
  point: PreparedPoint | null,
  tokens: number,
  passes: number,
  how: 'computed' | 'kept',
): Generator<RunEvent> {
  const { costs, work } = bench;
  // In sequential mode a block is passed twice, once for H; the difference between the two is small.
  const perToken = (costs.block + (point ? costs.gram / 2 : costs.gram)) / passes;
  yield* worked(bench, work.calibrating, point?.id ?? null, tokens * perToken, how);
}

/** Says once of a run that blocks are calibrated in parts. */
export function* tellParts({ said, budgets }: Bench, parts: readonly Part[]): Generator<RunEvent> {
  if (parts.length <= 1 || said.parts) return;
  said.parts = true;
  yield expertsInParts(parts.length, budgets.moments);
}

/** The result of a pass that nothing is told of. */
export async function gathered<T>(steps: AsyncGenerator<number, T>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

/** Of the sites of the part; what is read for them beside is told with its own. */
export function* tellCalibrated(
  point: PreparedPoint | null,
  block: number,
  sites: readonly Site[],
  moments: BlockMoments,
  seconds: number,
): Generator<RunEvent> {
  for (const { name } of sites) {
    const { tokens } = present(moments.get(name), name);
    yield {
      type: 'site-calibrated',
      point: point?.id ?? null,
      site: siteId(block, name),
      tokens,
      seconds: seconds / moments.size,
    };
  }
}
