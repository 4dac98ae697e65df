/**
 * Shared calibration where everything fits: H of all sites at hand, then one point after another, each measured on the first windows before
 * the next begins.
 */
import type { BlockMoments } from '../calibrate';
import type { RunEvent } from '../../log/events';
import { measurePoint } from '../measurePoint';
import type { PreparedPoint } from '../prepare';
import { solveSite } from '../solveSite';
import { FullCalibration } from './full';
import type { Order } from './need';
import { once } from './once';

/** `bases`: how many bases beside its own each site may keep at once. */
export async function* shared({ bench, need, rough }: Order, bases: number): AsyncGenerator<RunEvent> {
  const { model, source, points, attempts } = bench;
  const { gpu } = bench.input;
  using scope = gpu.scope('moments');
  using calibration = new FullCalibration(bench, need);
  const moments: BlockMoments[] = [];
  for (let block = 0; block < model.blockCount; block++) moments.push(yield* calibration.of(block, scope));
  const finish = async function* (point: PreparedPoint): AsyncGenerator<RunEvent> {
    yield { type: 'point-started', point: point.id };
    for (let block = 0; block < model.blockCount; block++) {
      using opened = gpu.scope('block');
      const open = once(() => source.open(opened, block));
      for (const site of model.sites(block)) {
        yield* solveSite(bench, point, block, site, moments[block] ?? new Map(), open);
        moments[block]?.get(site.name)?.factors.trim(bases);
      }
    }
    yield* measurePoint(bench, point, rough);
  };
  for (const point of points) yield* attempts.run(point, () => finish(point));
}
