/**
 * Calibration in full precision, for all points at once: one pass of the text gives H of every site, block after block, to whatever order
 * asks for it. What nothing needs is not calibrated.
 */
import type { Scope } from '../../gpu/buffers';
import { needsModule } from '../../quant/recipe/parseRecipe';
import type { Bench } from '../bench';
import { type BlockMoments, CalibrationStream, type Embed } from '../calibrate';
import { withLike, type Gather } from '../kin';
import { whole, type Part } from '../parts';
import { pointNeeds } from '../prepare';
import { sitesToCalibrate } from '../solveSite';
import type { RunEvent } from '../../log/events';
import { present } from '../../util/assert';
import { gathered, passed, passing, tellCalibrated, withSample } from './calibration';
import type { Need } from './need';

export class FullCalibration implements Disposable {
  #stream: CalibrationStream | undefined;

  constructor(
    readonly bench: Bench,
    readonly need: Need,
  ) {}

  /**
   * Moments of the block, owned by `scope`; blocks come in their order. None where nothing is missing any more. `part`: of some of its sites alone,
   * with what is read for them. The text then stays before the block until `pass`.
   */
  async *of(block: number, scope: Scope, part: Part = whole): AsyncGenerator<RunEvent, BlockMoments> {
    const { bench } = this;
    const { model, input, clock, points, source } = bench;
    if (!this.#reaches(block)) return new Map();
    const names = new Set<string>();
    for (const point of points) {
      for (const { name } of sitesToCalibrate(bench, point, block, part)) names.add(name);
    }
    const sites = model.sites(block).filter(({ name }) => names.has(name));
    if (part.of > 1 && !sites.length) {
      yield* passed(bench, null, bench.calibrationTokens, this.#passes(block, part.of), 'kept');
      return new Map();
    }
    const start = clock();
    const stream = await this.#text();
    using opened = input.gpu.scope('block');
    const open = await source.open(opened, block);
    const sample = points.some((point) => pointNeeds(point, needsModule)) ? stream.sample(scope) : undefined;
    const after = part.of === 1 && block < this.need.lastOfAll ? 'advance' : 'stay';
    const moments = yield* passing(bench, null, stream.run(open, sites, after, scope), this.#passes(block, part.of));
    yield* tellCalibrated(null, block, sites.filter(part.has), moments, clock() - start);
    return withSample(moments, sample);
  }

  /** Moves the text past a block that was calibrated in parts, where others are to be calibrated behind it. */
  async *pass(block: number, parts: number): AsyncGenerator<RunEvent> {
    if (!this.#reaches(block + 1)) return;
    const stream = await this.#text();
    using opened = this.bench.input.gpu.scope('block');
    const open = await this.bench.source.open(opened, block);
    yield* passing(this.bench, null, stream.run(open, [], 'advance', opened), this.#passes(block, parts));
  }

  /** Of a block before which the text stands. */
  gather(block: number): Gather {
    return async (sites, scope) => {
      using opened = this.bench.input.gpu.scope('block');
      const open = await this.bench.source.open(opened, block);
      return await gathered((await this.#text()).run(open, withLike(sites, open.sites), 'stay', scope));
    };
  }

  #reaches(block: number): boolean {
    return block <= this.need.lastOfAll && this.bench.calibrationBatches !== null;
  }

  /** How often the text goes through a block of so many parts. */
  #passes(block: number, parts: number): number {
    return parts > 1 && this.#reaches(block + 1) ? parts + 1 : parts;
  }

  async #text(): Promise<CalibrationStream> {
    const { model, input, budgets, calibrationBatches, settings } = this.bench;
    const embed: Embed = (scope, ids, length, features) => model.embed(scope, ids, length, undefined, features);
    return (this.#stream ??= await CalibrationStream.start(
      input.gpu,
      model,
      present(calibrationBatches, 'calibration'),
      embed,
      input.signal,
      budgets.states,
      settings.variants,
    ));
  }

  [Symbol.dispose](): void {
    this.#stream?.[Symbol.dispose]();
  }
}
