/**
 * The order of work. Full precision first; then
 *
 *   shared      one pass of the calibration text through the full-precision model gives H of every site, for all points. While they
 *               fit a budget, points are solved and measured one after another; else block by block for all points, and measured after.
 *   sequential  each point has its own pass, in which a block sees the quantized blocks before it (GPTQ as published).
 *
 * Each point is measured on the first few windows as soon as its layers are solved, so that all curves are there early; then each on the
 * rest.
 *
 * A point that fails is told and left out; the others go on. Without full precision there is nothing to compare with, so its failure ends
 * the run.
 *
 * Layers that are kept from an interrupted run are not solved again, and what only they would need is not calibrated.
 */
import type { Scope } from '../gpu/buffers';
import type { OpenBlock } from '../model/model';
import { present } from '../util/assert';
import { needsCross, needsModule } from '../quant/recipe/parseRecipe';
import { CalibrationStream, type Embed, type Moment } from './calibrate';
import type { RunEvent } from '../log/events';
import type { Basis } from '../quant/transform/rotate';
import { quantizedBlock, type Lookup } from './pointModel';
import { verifyRotation } from './verifyRotation';
import { measureReference, tellKept } from './resume';
import { resultsOf } from '../log/takeOver';
import { roughWindows } from './plan';
import type { QuantizedPoint, Session } from './session';
import { headPasses } from './work';

/** Tokens of the window that a rotation is verified on: a wrong basis shows on the first few. */
const verifiedTokens = 128;

type Moments = ReadonlyMap<string, Moment>;
type Sites = OpenBlock['sites'];

export async function* quantizeAndMeasure(session: Session): AsyncGenerator<RunEvent> {
  const { settings, done } = session.opening;
  await session.findKept();
  yield* tellKept(session);
  const need = await whatIsMissing(session);
  planProgress(session, need);
  const redrawn = await redraws(session);
  const reference = present(settings.points[0], 'full precision');
  const rough = roughWindows(session.opening.windows);
  yield* measureReference(session, reference, rough);
  yield* verifyRotations(session);
  if (settings.mode === 'shared') yield* shared(session, need.lastOfAll, rough);
  else {
    for (const point of session.points) {
      yield* session.attempts.run(point, () => sequential(session, point, need.last.get(point.id) ?? -1, rough));
    }
  }
  yield* measureReference(session, reference);
  for (const point of session.points) yield* session.attempts.run(point, () => session.measure(point));
  for (const again of redrawn) yield* measureAgain(again);
  // In the order of the request, whatever the order of work was.
  const order = settings.points.map(({ id }) => id);
  const measured = session.results.filter(({ id }) => !done.has(id));
  const points = [...resultsOf(done), ...measured].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  yield { type: 'run-finished', points, secondsElapsed: session.progress.elapsed };
}

interface Redraw {
  readonly session: Session;
  readonly need: Need;
}

/** The other parts of the calibration text, each with its work planned. */
async function redraws(session: Session): Promise<Redraw[]> {
  const others: Redraw[] = [];
  for (let draw = 1; draw < (session.opening.calibration?.parts.length ?? 0); draw++) {
    const other = session.redrawn(draw);
    await other.findKept();
    const need = await whatIsMissing(other);
    planProgress(other, need);
    others.push({ session: other, need });
  }
  return others;
}

/** Solves and measures the calibrated points on another part of the text; of all that only the loss is told. */
async function* measureAgain({ session, need }: Redraw): AsyncGenerator<RunEvent> {
  const { settings } = session.opening;
  const work = async function* () {
    if (settings.mode === 'shared') yield* shared(session, need.lastOfAll, Infinity);
    else {
      for (const point of session.points) {
        yield* session.attempts.run(point, () => sequential(session, point, need.last.get(point.id) ?? -1, Infinity));
      }
    }
  };
  for await (const event of work()) {
    if (event.type === 'progressed') yield event;
    if (event.type === 'point-failed') {
      const text = `${event.point} could not be measured on part ${session.draw + 1} of the calibration text: ${event.error.message}`;
      yield { type: 'remarked', about: 'calibration', text };
    }
    if (event.type === 'point-finished') {
      const { id, lnRatio } = event.result;
      yield { type: 'calibration-redrawn', point: id, draw: session.draw, lnRatio: present(lnRatio, 'a loss') };
    }
  }
}

/** Before anything is rounded: a rotation that the model does not absorb would make results of another model. */
async function* verifyRotations({ opening, common, points }: Session): AsyncGenerator<RunEvent> {
  const { model, input, settings, windows } = opening;
  const bases = new Set(
    points
      .flatMap(({ recipe }) => recipe.transform.filter(({ name }) => name === 'rotate'))
      .map(({ basis }): Basis => (basis === 'orthogonal' ? 'orthogonal' : 'hadamard')),
  );
  for (const basis of bases) {
    const ids = present(windows.ids[0], 'a window').slice(0, verifiedTokens);
    const { signal } = input;
    const kld = await verifyRotation(input.gpu, model, ids, { head: common.head, basis, seed: settings.seed, signal });
    yield { type: 'rotation-verified', basis, tokens: ids.length - 1, kld };
  }
}

/** The last block with a layer still to be solved: by point that reads H, and of all; −1 where there is none. */
interface Need {
  readonly last: ReadonlyMap<string, number>;
  readonly lastOfAll: number;
}

async function whatIsMissing(session: Session): Promise<Need> {
  const last = new Map<string, number>();
  for (const point of session.points) {
    if (!session.usesMoment(point)) continue;
    for (let block = 0; block < session.opening.model.blockCount; block++) {
      if ((await session.missing(point, block)).length) last.set(point.id, block);
    }
  }
  return { last, lastOfAll: Math.max(-1, ...last.values()) };
}

function planProgress(session: Session, need: Need): void {
  const { model, costs, settings, windows } = session.opening;
  const { progress, points, calibrationTokens, work } = session;
  const { context } = windows;
  const all = windows.ids.length;
  const scored = (costs.head * (context - windows.firstScored)) / context;
  // Full precision is measured once, whatever is calibrated on, and only where something is compared with it.
  const first = !session.draw && (points.length > 0 || session.opening.done.size === 0);
  for (const point of [...(first ? settings.points.slice(0, 1) : []), ...points]) {
    const perToken = { block: model.blockCount * costs.block, head: scored * headPasses(point) };
    for (const part of ['block', 'head'] as const) {
      session.attempts.plan(point, work.scoring(part, point), all * context * perToken[part], context * perToken[part]);
    }
  }
  const unit = calibrationTokens * costs.block;
  for (const point of points) {
    session.attempts.plan(point, work.solving(point), model.blockCount * costs.solve, costs.solve);
    if (settings.mode === 'shared') continue;
    const blocks = (need.last.get(point.id) ?? -1) + 1;
    session.attempts.plan(point, work.calibrating, calibrationTokens * blocks * (2 * costs.block + costs.gram), unit);
  }
  if (settings.mode === 'shared') {
    progress.plan(work.calibrating, calibrationTokens * (need.lastOfAll + 1) * (costs.block + costs.gram), unit);
  }
}

async function* shared(session: Session, lastMissing: number, rough: number): AsyncGenerator<RunEvent> {
  const { model, input } = session.opening;
  const { gpu, signal } = input;
  const { chunks, bases } = chunksOf(session);
  const whole = chunks.length === 1;
  using streamHolder = new Holder<CalibrationStream>();
  const started = new Set<string>();
  for (const [chunkIndex, chunk] of chunks.entries()) {
    using scope = gpu.scope('moments');
    const moments = new Map<number, Moments>();
    for (const block of chunk) {
      if (block > lastMissing || !session.calibrationBatches) continue;
      streamHolder.value ??= await CalibrationStream.start(
        gpu,
        model,
        session.calibrationBatches,
        (local, ids) => model.embed(local, ids),
        signal,
        session.budgets.states,
      );
      moments.set(block, yield* calibrate(session, streamHolder.value, block, scope, lastMissing));
    }
    const solve = async function* (point: QuantizedPoint, block: number, sites: Sites, open: () => Promise<OpenBlock>) {
      if (!started.has(point.id)) {
        started.add(point.id);
        yield { type: 'point-started', point: point.id } satisfies RunEvent;
      }
      for (const site of sites) {
        const moment = session.usesMoment(point) ? (moments.get(block)?.get(site.name) ?? null) : null;
        yield* session.quantizeSite(point, block, site, moment, open);
        moment?.factors.trim(bases);
      }
    };
    // With everything at hand, a point is finished before the next begins; else a block is read once for all points.
    if (whole) {
      const finish = async function* (point: QuantizedPoint) {
        for (const block of chunk) {
          using opened = gpu.scope('block');
          yield* solve(point, block, model.sites(block), () => session.source.open(opened, block));
        }
        yield* session.measure(point, rough);
      };
      for (const point of session.points) yield* session.attempts.run(point, () => finish(point));
    } else {
      for (const block of chunk) {
        using opened = gpu.scope('block');
        const open = once(() => session.source.open(opened, block));
        // Site by site: of a wide layer, H and its factor are let go before those of the next are made.
        for (const site of model.sites(block)) {
          for (const point of session.points) {
            yield* session.attempts.run(point, () => solve(point, block, [site], open));
          }
          moments.get(block)?.get(site.name)?.release?.();
        }
      }
      if (chunkIndex < chunks.length - 1) continue;
      for (const point of session.points) yield* session.attempts.run(point, () => session.measure(point, rough));
    }
  }
}

/** Runs the calibration text through one full-precision block; gathers H of the sites that some point still needs. */
async function* calibrate(
  session: Session,
  stream: CalibrationStream,
  block: number,
  scope: Scope,
  lastMissing: number,
): AsyncGenerator<RunEvent, Moments> {
  const { model, input, clock } = session.opening;
  const names = new Set<string>();
  for (const point of session.points) {
    if (!session.usesMoment(point)) continue;
    for (const { name } of await session.missing(point, block)) names.add(name);
  }
  const sites = model.sites(block).filter(({ name }) => names.has(name));
  const start = clock();
  using opened = input.gpu.scope('block');
  const source = await session.source.open(opened, block);
  const sample = session.points.some(({ recipe }) => needsModule(recipe)) ? stream.sample(scope) : undefined;
  const moments = yield* told(
    session,
    null,
    stream.run(source, sites, block < lastMissing ? 'advance' : 'stay', scope),
  );
  const seconds = (clock() - start) / Math.max(1, sites.length);
  for (const { name } of sites) {
    yield { type: 'site-calibrated', point: null, block, site: name, tokens: stream.tokens, seconds };
  }
  return withSample(moments, sample);
}

const withSample = (moments: Moments, sample: Moment['sample']): Moments =>
  sample ? new Map([...moments].map(([name, moment]) => [name, { ...moment, sample }])) : moments;

async function* sequential(
  session: Session,
  point: QuantizedPoint,
  lastMissing: number,
  rough: number,
): AsyncGenerator<RunEvent> {
  const { model, input } = session.opening;
  const { gpu, signal } = input;
  yield { type: 'point-started', point: point.id };
  using home = gpu.scope(`calibration of ${point.id}`);
  using streamHolder = new Holder<CalibrationStream>();
  using besideHolder = new Holder<CalibrationStream>();
  for (let block = 0; block < model.blockCount; block++) {
    using opened = gpu.scope('block');
    const open = once(() => session.source.open(opened, block));
    let moments: Moments = new Map();
    if (block <= lastMissing && session.calibrationBatches) {
      if (!streamHolder.value) {
        const { embed } = yield* session.openTables(point, home);
        const { calibrationBatches, budgets } = session;
        const start = (how: Embed) =>
          CalibrationStream.start(gpu, model, calibrationBatches, how, signal, budgets.states);
        streamHolder.value = await start(embed);
        if (needsCross(point.recipe)) besideHolder.value = await start((scope, ids) => model.embed(scope, ids));
      }
      const streams = { own: streamHolder.value, beside: besideHolder.value };
      moments = yield* calibrateOwn(session, streams, point, block, await open(), opened);
    }
    for (const site of model.sites(block)) {
      const moment = moments.get(site.name) ?? null;
      yield* session.quantizeSite(point, block, site, moment, open);
      moment?.release?.();
    }
    if (block < lastMissing && streamHolder.value) {
      const lookup: Lookup = (index, site) => session.solved(point, index, site);
      const quantized = await quantizedBlock(gpu, opened, await open(), lookup, point.recipe);
      yield* told(session, point, streamHolder.value.run(quantized, [], 'advance', opened));
    }
  }
  yield* session.measure(point, rough);
}

/** H of the sites that the point still needs, from what its own quantized blocks pass on. */
async function* calibrateOwn(
  session: Session,
  { own: stream, beside }: { readonly own: CalibrationStream; readonly beside: CalibrationStream | undefined },
  point: QuantizedPoint,
  block: number,
  source: OpenBlock,
  scope: Scope,
): AsyncGenerator<RunEvent, Moments> {
  const { clock } = session.opening;
  const sites = await session.missing(point, block);
  if (!sites.length) {
    // All layers are kept: only the stream in full precision still has to get past the block.
    if (beside) yield* told(session, point, beside.run(source, [], 'advance', scope));
    return new Map();
  }
  const start = clock();
  const sample = needsModule(point.recipe) ? stream.sample(scope) : undefined;
  const moments = yield* told(session, point, stream.run(source, sites, 'stay', scope, beside));
  const seconds = clock() - start;
  session.spend(point, seconds);
  for (const { name } of sites) {
    yield {
      type: 'site-calibrated',
      point: point.id,
      block,
      site: name,
      tokens: stream.tokens,
      seconds: seconds / sites.length,
    };
  }
  return withSample(moments, sample);
}

/** Passes on the result of a pass of calibration, and its progress as events. */
async function* told<T>(
  session: Session,
  point: QuantizedPoint | null,
  steps: AsyncGenerator<number, T>,
): AsyncGenerator<RunEvent, T> {
  const { costs } = session.opening;
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    // In sequential mode a block is passed twice, once for H; the difference between the two is small.
    const perToken = costs.block + (point ? costs.gram / 2 : costs.gram);
    yield* session.worked(session.work.calibrating, point?.id ?? null, step.value * perToken);
  }
}

/** Blocks that are calibrated together, and how many bases beside its own each of their sites may keep at once. */
interface Chunks {
  readonly chunks: readonly (readonly number[])[];
  readonly bases: number;
}

/**
 * As many blocks together as the budget holds. A pair keeps H, W and a factor of H; each list of transforms has all of it in its own
 * basis (scales even one for each grid that they were searched on). When every block has room for its pair and one basis, all are
 * taken at once, so that points are finished one by one: bases that come back are then made again.
 */
function chunksOf({ opening: { model }, points, calibrationBatches, budgets }: Session): Chunks {
  const { blockCount } = model;
  const momentsOf = (block: number) => model.sites(block).reduce((sum, { cols }) => sum + 4 * cols ** 2, 0);
  const moments = Math.max(...Array.from({ length: blockCount }, (_, block) => momentsOf(block)));
  const basis = (4 * model.card.linearParameters) / blockCount + 2 * moments;
  const wanted = new Set(
    points.map(({ recipe: { transform, grid } }) =>
      JSON.stringify([transform, transform.some(({ name }) => name === 'scale') && grid]),
    ),
  ).size;
  const fitting = (bases: number) => Math.floor(budgets.moments / ((1 + bases) * basis));
  const all = !calibrationBatches || fitting(1) >= blockCount;
  const size = all ? blockCount : Math.max(1, fitting(wanted));
  return {
    chunks: Array.from({ length: Math.ceil(blockCount / size) }, (_, i) =>
      Array.from({ length: Math.min(size, blockCount - i * size) }, (__, j) => i * size + j),
    ),
    bases: Math.max(1, Math.floor(budgets.moments / (size * basis)) - 1),
  };
}

/** Something that is made late and freed with the block it was declared in. */
class Holder<T extends Disposable> implements Disposable {
  value: T | undefined;
  [Symbol.dispose](): void {
    this.value?.[Symbol.dispose]();
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
