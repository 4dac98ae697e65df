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
import { releaseAfter } from '../kin';
import { sitesToCalibrate, solveSite } from '../solveSite';
import { openTables } from '../tables';
import { passing, tellCalibrated, withSample } from './calibration';
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
    let moments: BlockMoments = new Map();
    if (block <= lastMissing && calibrationBatches) {
      if (!own.value) {
        const { embed } = yield* openTables(bench, point, home);
        const start = (how: Embed) =>
          CalibrationStream.start(gpu, model, calibrationBatches, how, signal, budgets.states, settings.variants);
        own.value = await start(embed);
        if (pointNeeds(point, needsCross))
          beside.value = await start((scope, ids, length, features) =>
            model.embed(scope, ids, length, undefined, features),
          );
      }
      const streams = { own: own.value, beside: beside.value };
      moments = yield* calibrateOwn(bench, streams, point, block, await open(), opened);
    }
    for (const site of model.sites(block)) {
      yield* solveSite(bench, point, block, site, moments, open);
      releaseAfter(site, model.sites(block), moments);
    }
    if (block < lastMissing && own.value) {
      const quantized = await quantizedBlock(gpu, opened, await open(), (site) => solvedAt(point, site));
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
): AsyncGenerator<RunEvent, BlockMoments> {
  const { clock, accounts } = bench;
  const sites = sitesToCalibrate(bench, point, block);
  if (!sites.length) {
    // All of the block is kept: only the stream in full precision still has to get past it.
    if (beside) yield* passing(bench, point, beside.run(source, [], 'advance', scope));
    return new Map();
  }
  const start = clock();
  const sample = pointNeeds(point, needsModule) ? own.sample(scope) : undefined;
  const moments = yield* passing(bench, point, own.run(source, sites, 'stay', scope, beside));
  const seconds = clock() - start;
  accounts.of(point).seconds += seconds;
  yield* tellCalibrated(point, block, moments, seconds);
  return withSample(moments, sample);
}
