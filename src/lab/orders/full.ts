/**
 * Calibration in full precision, for all points at once: one pass of the text gives H of every site, block after block, to whatever order
 * asks for it. What nothing needs is not calibrated.
 */
import type { Scope } from '../../gpu/buffers';
import { needsModule } from '../../quant/recipe/parseRecipe';
import type { Bench } from '../bench';
import { type BlockMoments, CalibrationStream } from '../calibrate';
import { pointNeeds } from '../prepare';
import { sitesToCalibrate } from '../solveSite';
import type { RunEvent } from '../../log/events';
import { passing, tellCalibrated, withSample } from './calibration';
import type { Need } from './need';

export class FullCalibration implements Disposable {
  #stream: CalibrationStream | undefined;

  constructor(
    readonly bench: Bench,
    readonly need: Need,
  ) {}

  /** Moments of the block, owned by `scope`; blocks come in their order. None where nothing is missing any more. */
  async *of(block: number, scope: Scope): AsyncGenerator<RunEvent, BlockMoments> {
    const { bench, need } = this;
    const { model, input, clock, points, source, budgets, calibrationBatches, settings } = bench;
    if (block > need.lastOfAll || !calibrationBatches) return new Map();
    const { gpu, signal } = input;
    const stream = (this.#stream ??= await CalibrationStream.start(
      gpu,
      model,
      calibrationBatches,
      (local, ids, length, features) => model.embed(local, ids, length, undefined, features),
      signal,
      budgets.states,
      settings.variants,
    ));
    const names = new Set<string>();
    for (const point of points) {
      for (const { name } of sitesToCalibrate(bench, point, block)) names.add(name);
    }
    const sites = model.sites(block).filter(({ name }) => names.has(name));
    const start = clock();
    using opened = gpu.scope('block');
    const open = await source.open(opened, block);
    const sample = points.some((point) => pointNeeds(point, needsModule)) ? stream.sample(scope) : undefined;
    const after = block < need.lastOfAll ? 'advance' : 'stay';
    const moments = yield* passing(bench, null, stream.run(open, sites, after, scope));
    yield* tellCalibrated(null, block, moments, clock() - start);
    return withSample(moments, sample);
  }

  [Symbol.dispose](): void {
    this.#stream?.[Symbol.dispose]();
  }
}
