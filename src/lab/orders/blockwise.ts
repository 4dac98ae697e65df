/**
 * Shared calibration where not everything fits: as many blocks together as do, each of which is read once and solved for all points; they are
 * measured when the last block is. Of a wide layer, H and its factor are let go before those of the next are made.
 */
import type { BlockMoments } from '../calibrate';
import type { RunEvent } from '../../log/events';
import { measurePoint } from '../measurePoint';
import { releaseAfter } from '../kin';
import { solveSite } from '../solveSite';
import { FullCalibration } from './full';
import type { Order } from './need';
import { once } from './once';

/** `chunks`: blocks that are calibrated together. `bases`: how many bases beside its own each site may keep at once. */
export async function* blockwise(
  { bench, need, rough }: Order,
  chunks: readonly (readonly number[])[],
  bases: number,
): AsyncGenerator<RunEvent> {
  const { model, source, points, attempts } = bench;
  const { gpu } = bench.input;
  using calibration = new FullCalibration(bench, need);
  const started = new Set<string>();
  for (const chunk of chunks) {
    using scope = gpu.scope('moments');
    const moments = new Map<number, BlockMoments>();
    for (const block of chunk) moments.set(block, yield* calibration.of(block, scope));
    for (const block of chunk) {
      using opened = gpu.scope('block');
      const open = once(() => source.open(opened, block));
      for (const site of model.sites(block)) {
        const known: BlockMoments = moments.get(block) ?? new Map();
        for (const point of points) {
          yield* attempts.run(point, async function* (): AsyncGenerator<RunEvent> {
            if (!started.has(point.id)) {
              started.add(point.id);
              yield { type: 'point-started', point: point.id };
            }
            yield* solveSite(bench, point, block, site, known, open);
            known.get(site.name)?.factors.trim(bases);
          });
        }
        releaseAfter(site, model.sites(block), known);
      }
    }
  }
  for (const point of points) yield* attempts.run(point, () => measurePoint(bench, point, rough));
}
