/**
 * Shared calibration where not everything fits: as many blocks together as do, each of which is read once and solved for all points; they are
 * measured when the last block is. Of a wide layer, H and its factor are let go before those of the next are made.
 */
import type { Bench } from '../bench';
import type { BlockMoments } from '../calibrate';
import type { RunEvent } from '../../log/events';
import { measurePoint } from '../measurePoint';
import { releaseAfter } from '../kin';
import { partsOf, whole, type Part } from '../parts';
import { solveSite } from '../solveSite';
import { tellParts } from './calibration';
import { FullCalibration } from './full';
import type { Order } from './need';
import { once } from './once';

/** `chunks`: blocks that are calibrated together. `bases`: how many bases beside its own each site may keep at once. */
export async function* blockwise(
  { bench, need, rough }: Order,
  chunks: readonly (readonly number[])[],
  bases: number,
): AsyncGenerator<RunEvent> {
  const { model, points, attempts, budgets } = bench;
  using calibration = new FullCalibration(bench, need);
  const started = new Set<string>();
  for (const chunk of chunks) {
    // The experts of a block by itself may still have more than fits: then some at a time, each calibrated and solved before the next.
    const [first, ...more] = chunk;
    const parts = first === undefined || more.length ? [whole] : partsOf(model.sites(first), budgets.moments, bases);
    yield* tellParts(bench, parts);
    for (const part of parts) yield* solvePart(bench, calibration, chunk, part, bases, started);
    if (parts.length > 1) for (const block of chunk) yield* calibration.pass(block, parts.length);
  }
  for (const point of points) yield* attempts.run(point, () => measurePoint(bench, point, rough));
}

/** Some sites of the blocks, calibrated together and solved for all points; `started` are those that were told of. */
async function* solvePart(
  bench: Bench,
  calibration: FullCalibration,
  chunk: readonly number[],
  part: Part,
  bases: number,
  started: Set<string>,
): AsyncGenerator<RunEvent> {
  const { model, source, points, attempts } = bench;
  const { gpu } = bench.input;
  using scope = gpu.scope('moments');
  const moments = new Map<number, BlockMoments>();
  for (const block of chunk) moments.set(block, yield* calibration.of(block, scope, part));
  for (const block of chunk) {
    using opened = gpu.scope('block');
    const open = once(() => source.open(opened, block));
    const sites = model.sites(block).filter((site) => part.has(site));
    const known: BlockMoments = moments.get(block) ?? new Map();
    const gather = part.of > 1 ? calibration.gather(block) : undefined;
    for (const site of sites) {
      for (const point of points) {
        yield* attempts.run(point, async function* (): AsyncGenerator<RunEvent> {
          if (!started.has(point.id)) {
            started.add(point.id);
            yield { type: 'point-started', point: point.id };
          }
          yield* solveSite(bench, point, block, site, known, open, gather);
          known.get(site.name)?.factors.trim(bases);
        });
      }
      releaseAfter(site, sites, known);
    }
  }
}
