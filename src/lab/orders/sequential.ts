/**
 * Sequential calibration: each point has its own pass of the text, in which a block sees the quantized blocks before it (GPTQ as published).
 * Where a recipe compares inputs with those in full precision, a second pass runs beside.
 */
import type { Scope } from '../../gpu/buffers';
import type { RunEvent } from '../../log/events';
import type { OpenBlock } from '../../model/model';
import { needsCross, needsModule } from '../../quant/recipe/parseRecipe';
import type { Bench } from '../bench';
import { type BlockMoments, CalibrationStream, type Embed } from '../calibrate';
import { measurePoint } from '../measurePoint';
import { quantizedBlock } from '../pointModel';
import { pointNeeds, solvedAt, type PreparedPoint } from '../prepare';
import { releaseAfter, withLike, type Gather } from '../kin';
import { partsOf, whole, type Part } from '../parts';
import { sitesToCalibrate, solveSite } from '../solveSite';
import { openTables } from '../tables';
import { gathered, passing, tellCalibrated, tellParts, withSample } from './calibration';
import type { Order } from './need';
import { Holder, once } from './once';

export async function* sequential({ bench, need, rough }: Order): AsyncGenerator<RunEvent> {
  for (const point of bench.points) {
    yield* bench.attempts.run(point, () => onePoint(bench, point, need.last.get(point.id) ?? -1, rough));
  }
}

async function* onePoint(
  bench: Bench,
  point: PreparedPoint,
  lastMissing: number,
  rough: number,
): AsyncGenerator<RunEvent> {
  const { model, source, calibrationBatches, budgets, settings } = bench;
  const { gpu, signal } = bench.input;
  yield { type: 'point-started', point: point.id };
  using home = gpu.scope(`calibration of ${point.id}`);
  using own = new Holder<CalibrationStream>();
  using beside = new Holder<CalibrationStream>();
  for (let block = 0; block < model.blockCount; block++) {
    using opened = gpu.scope('block');
    const open = once(() => source.open(opened, block));
    const sites = model.sites(block);
    const calibrating = block <= lastMissing && calibrationBatches;
    if (calibrating && !own.value) {
      const { embed } = yield* openTables(bench, point, home);
      const start = (how: Embed) =>
        CalibrationStream.start(gpu, model, calibrationBatches, how, signal, budgets.states, settings.variants);
      own.value = await start(embed);
      if (pointNeeds(point, needsCross)) {
        beside.value = await start((scope, ids, length, features) =>
          model.embed(scope, ids, length, undefined, features),
        );
      }
    }
    const streams = calibrating && own.value ? { own: own.value, beside: beside.value } : null;
    const parts = streams ? partsOf(sites, budgets.moments, 1) : [whole];
    yield* tellParts(bench, parts);
    for (const part of parts) {
      using scope = gpu.scope('moments');
      const inPart = sites.filter((site) => part.has(site));
      const moments: BlockMoments = streams
        ? yield* calibrateOwn(bench, streams, point, block, await open(), scope, part)
        : new Map();
      const gather: Gather | undefined =
        streams && part.of > 1
          ? async (some, into) => gathered(streams.own.run(await open(), withLike(some, sites), 'stay', into))
          : undefined;
      for (const site of inPart) {
        yield* solveSite(bench, point, block, site, moments, open, gather);
        releaseAfter(site, inPart, moments);
      }
    }
    if (parts.length > 1 && streams?.beside) {
      yield* passing(bench, point, streams.beside.run(await open(), [], 'advance', opened), parts.length + 1);
    }
    if (block < lastMissing && own.value) {
      const solved = (site: string) => solvedAt(point, site);
      const quantized = await quantizedBlock(gpu, opened, await open(), solved, budgets.weights);
      yield* passing(bench, point, own.value.run(quantized, [], 'advance', opened));
    }
  }
  yield* measurePoint(bench, point, rough);
}

/** H of the sites that the point still needs, from what its own quantized blocks pass on. */
async function* calibrateOwn(
  bench: Bench,
  { own, beside }: { readonly own: CalibrationStream; readonly beside: CalibrationStream | undefined },
  point: PreparedPoint,
  block: number,
  source: OpenBlock,
  scope: Scope,
  part: Part,
): AsyncGenerator<RunEvent, BlockMoments> {
  const { clock, accounts } = bench;
  const sites = sitesToCalibrate(bench, point, block, part);
  const after = part.of === 1 ? 'advance' : 'stay';
  if (!sites.length) {
    // All of the block is kept: only the stream in full precision still has to get past it.
    if (beside && after === 'advance') yield* passing(bench, point, beside.run(source, [], after, scope));
    return new Map();
  }
  const start = clock();
  const sample = pointNeeds(point, needsModule) ? own.sample(scope) : undefined;
  const steps = own.run(source, sites, 'stay', scope, beside && { stream: beside, after });
  const moments = yield* passing(bench, point, steps, beside && part.of > 1 ? part.of + 1 : part.of);
  const seconds = clock() - start;
  accounts.of(point).seconds += seconds;
  yield* tellCalibrated(point, block, sites.filter(part.has), moments, seconds);
  return withSample(moments, sample);
}
