/**
 * What the steps of one run share: the opened model, windows, the cabinet of solved layers, results so far and progress. And the two
 * steps that every order of work is made of: solve one site for one point, and measure one point.
 */
import type { Scope } from '../gpu/buffers';
import type { OpenBlock, Head, Site } from '../model/model';
import { needsCalibration, needsModule } from '../quant/recipe/parseRecipe';
import type { QuantEvent } from '../quant/problem';
import type { Recipe } from '../quant/recipe/recipe';
import { tableRecipe } from '../quant/solve/solveLayer';
import { assert, present } from '../util/assert';
import { sha256 } from '../util/hash';
import { createRng } from '../util/rng';
import { Accounts } from './account';
import { usualBudgets, type Budgets } from './budgets';
import { Cabinet, type Circumstances } from './cabinet';
import { toBatches, type Moment, type TokenBatch } from './calibrate';
import { Evaluation, type Blocks, type PointModel } from './evaluate';
import type { LayerResult, PlannedPoint, PointResult, Quality, RunEvent } from '../log/events';
import { Attempts, requireFinite } from './failure';
import { restore, solveSite, solveTable, type Solved } from './layers';
import type { Opening } from './opening';
import { tableGrids } from './plan';
import { pointBlocks, sourceBlocks } from './pointModel';
import { moduleError } from './moduleError';
import { pointResult } from './pointResult';
import { Progress, type Kind } from './progress';
import { headPasses, Work } from './work';
import { notKept } from './remarks';
import { sizeOf, storedBits, type StoredBits } from './size';
import { foreignFrom, frequencyEntropy } from './textFacts';
import { scoredPerWindow } from './windows';

/** A point with a recipe. */
export interface QuantizedPoint extends PlannedPoint {
  readonly recipe: Recipe;
}
export const isQuantized = (point: PlannedPoint): point is QuantizedPoint => point.recipe !== null;

/** Progress is told when this share more of the run is done: often enough to look alive, rare enough for a short log. */
const progressStep = 0.002;

/** Embedding and head have places of their own beside the blocks. */
const embeddingSite = 'embedding';
const headSite = 'head';

/** What the sessions of one run have in common. */
interface Common {
  readonly scope: Scope;
  readonly head: Head;
  readonly source: Blocks;
  readonly evaluation: Evaluation;
  readonly progress: Progress;
}

export class Session implements Disposable {
  readonly results: PointResult[] = [];
  readonly progress: Progress;
  readonly calibrationBatches: readonly TokenBatch[] | null;
  readonly calibrationTokens: number;
  readonly source: Blocks;
  /** Keys of layers that an earlier run has left behind. */
  readonly kept = new Set<string>();
  readonly #accounts = new Accounts();
  readonly attempts: Attempts;
  readonly #stored: StoredBits;
  readonly cabinets: Readonly<Record<'calibrated' | 'plain', Cabinet>>;
  readonly work = new Work();
  #told = 0;
  #refusalTold = false;

  private constructor(
    readonly opening: Opening,
    readonly common: Common,
    /** The part of the calibration text. */
    readonly draw: number,
  ) {
    const { input, model, perBatch, calibration, settings } = opening;
    this.progress = common.progress;
    this.attempts = new Attempts(input.gpu, input.signal, common.progress);
    this.source = common.source;
    const part = calibration && present(calibration.parts[draw], `part ${draw} of the calibration text`);
    this.calibrationBatches = part && toBatches(part, settings.context, perBatch);
    this.calibrationTokens = (part?.length ?? 0) * settings.context;
    this.#stored = storedBits(model);
    const { context, mode, seed } = settings;
    const of = (h: Circumstances['calibration']) =>
      new Cabinet(input.keep, {
        ...{ app: input.appVersion, adapter: input.gpu.card.name, model: model.card.fingerprint, mode, seed },
        calibration: h,
      });
    const seen = calibration && part && { fingerprint: calibration.fingerprint, tokens: part.length, context };
    this.cabinets = { calibrated: of(seen && (draw ? { ...seen, draw } : seen)), plain: of(null) };
  }

  static async open(opening: Opening): Promise<Session> {
    const { input, model, windows, perBatch, clock } = opening;
    const budgets = { ...usualBudgets, ...input.budgets };
    const scope = input.gpu.scope('run');
    try {
      const head = await model.openHead(scope);
      const source = sourceBlocks(model, scope, budgets.weights);
      const evaluation = new Evaluation(input.gpu, model, head, windows, perBatch, input.signal, budgets.states);
      return new Session(opening, { scope, head, source, evaluation, progress: new Progress(clock) }, 0);
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
  }

  /** The calibrated points on another part of the text, with results of their own. Lives no longer than this session. */
  redrawn(draw: number): Session {
    const points = this.points.filter(({ recipe }) => needsCalibration(recipe));
    const [reference] = this.opening.settings.points;
    const settings = { ...this.opening.settings, points: [present(reference, 'full precision'), ...points] };
    return new Session({ ...this.opening, settings }, this.common, draw);
  }

  get budgets(): Budgets {
    return { ...usualBudgets, ...this.opening.input.budgets };
  }

  get points(): readonly QuantizedPoint[] {
    const { settings, done } = this.opening;
    return settings.points.filter(isQuantized).filter(({ id }) => !done.has(id));
  }

  /** Whether H has a part in the layers of this recipe: always in shared mode, where it costs next to nothing and gives losses. */
  usesMoment({ recipe }: QuantizedPoint): boolean {
    return this.calibrationBatches !== null && (this.opening.settings.mode === 'shared' || needsCalibration(recipe));
  }

  async keyOf(point: QuantizedPoint, block: number, site: string): Promise<string> {
    return this.#cabinet(point).key(point.recipe, block, site);
  }

  #cabinet(point: QuantizedPoint): Cabinet {
    return this.cabinets[this.usesMoment(point) ? 'calibrated' : 'plain'];
  }

  /** Looks for layers that an earlier run has finished. */
  async findKept(): Promise<void> {
    const { model, input } = this.opening;
    for (const point of this.points) {
      const look = async (block: number, site: string) => {
        const key = await this.keyOf(point, block, site);
        if (await this.#cabinet(point).find(key)) this.kept.add(key);
      };
      const { embedding, head } = tableGrids(point, model.card.tiedEmbeddings);
      if (embedding) await look(-1, embeddingSite);
      if (head && !model.card.tiedEmbeddings) await look(model.blockCount, headSite);
      for (let block = 0; block < model.blockCount; block++) {
        for (const { name } of model.sites(block)) await look(block, name);
        await input.gpu.pace(input.signal);
      }
    }
  }

  /** Sites of the block whose layers this point does not have yet. */
  async missing(point: QuantizedPoint, block: number): Promise<Site[]> {
    const missing: Site[] = [];
    for (const site of this.opening.model.sites(block)) {
      if (!this.kept.has(await this.keyOf(point, block, site.name))) missing.push(site);
    }
    return missing;
  }

  /** What was solved for a site. */
  async solved(point: QuantizedPoint, block: number, site: Site): Promise<Solved> {
    const key = await this.keyOf(point, block, site.name);
    return (await this.#cabinet(point).get(key)).solved;
  }

  /** Solves a site for a point and keeps it, or takes what was kept. `open` gives the source block where it is needed. */
  async *quantizeSite(
    point: QuantizedPoint,
    block: number,
    site: Site,
    moment: Moment | null,
    open: () => Promise<OpenBlock>,
  ): AsyncGenerator<RunEvent> {
    const { model } = this.opening;
    const { signal, gpu } = this.opening.input;
    const solve = async (emit: (event: QuantEvent) => void) => {
      const shared = createRng(this.opening.settings.seed);
      const rng = shared.fork(`${block} ${site.name}`);
      const source = await open();
      using scope = gpu.scope('module');
      const sample = needsModule(point.recipe) && moment?.sample;
      const error = sample ? await moduleError(gpu, model, source, site, sample, scope) : undefined;
      return await solveSite(source, site, point.recipe, moment, { gpu, signal, rng, shared, emit }, error);
    };
    const layers = site.layers.map(({ name }) => name);
    const solved = yield* this.#layer(point, block, site.name, layers, solve);
    this.#accounts.of(point).linearBits += solved.storageBits;
    const share = this.opening.costs.solve / model.sites(block).length;
    yield* this.worked(
      this.work.solving(point),
      point.id,
      share,
      this.kept.has(await this.keyOf(point, block, site.name)),
    );
  }

  /** One layer from the cabinet, or from `solve` into it; with its events either way. */
  async *#layer(
    point: QuantizedPoint,
    block: number,
    site: string,
    layers: readonly string[],
    solve: (emit: (event: QuantEvent) => void) => Promise<Solved>,
  ): AsyncGenerator<RunEvent, Solved> {
    const { clock } = this.opening;
    const start = clock();
    const place = { point: point.id, block, site };
    const cabinet = this.#cabinet(point);
    const key = await this.keyOf(point, block, site);
    const found =
      this.kept.has(key) || this.#accounts.of(point).hashes.has(`${block} ${site}`) ? await cabinet.find(key) : null;
    const events: QuantEvent[] = [];
    const solved = found ? found.solved : await solve((event) => events.push(event));
    const refusal = found ? null : await cabinet.put(key, { solved, events });
    if (refusal !== null && !this.#refusalTold) {
      this.#refusalTold = true;
      yield notKept(refusal);
    }
    const seconds = clock() - start;
    const account = this.#accounts.of(point);
    account.seconds += seconds;
    // A table that sequential calibration has already told of.
    if (account.hashes.has(`${block} ${site}`)) return solved;
    account.hashes.set(`${block} ${site}`, solved.hash);
    for (const event of found ? found.events : events) yield { ...event, ...place };
    const { parts: _, storageBits, ...summary } = solved;
    const result: LayerResult = {
      ...{ ...place, layers, ...summary },
      bits: storageBits / (solved.rows * solved.cols),
      seconds,
      resumed: found !== null,
    };
    requireFinite(result, `${point.id}, block ${block}, ${site}:`);
    yield { type: 'layer-quantized', ...result };
    return solved;
  }

  readonly #isFinished = ({ id }: PlannedPoint): boolean => this.results.some((result) => result.id === id);

  /**
   * Embedding and head of a point, quantized where its recipe says so. The embedding table is owned by `home`. Solved before the
   * blocks, because sequential calibration sees it.
   */
  async *openTables(
    point: QuantizedPoint,
    home: Scope,
  ): AsyncGenerator<RunEvent, Pick<PointModel, 'embed' | 'ownHead'>> {
    const { model, input } = this.opening;
    const { gpu, signal } = input;
    const grids = tableGrids(point, model.card.tiedEmbeddings);
    const account = this.#accounts.of(point);
    const rng = createRng(this.opening.settings.seed);
    const cx = { gpu, signal, rng, shared: rng };
    let embed: PointModel['embed'] = (scope, ids) => model.embed(scope, ids);
    let ownHead: Head | undefined;
    if (grids.embedding) {
      const { embedding } = grids;
      const solved = yield* this.#layer(point, -1, embeddingSite, ['embedding'], async (emit) => {
        using scope = gpu.scope('embedding');
        return solveTable(await model.openEmbedding(scope), embedding, { ...cx, emit });
      });
      account.embeddingBits = solved.storageBits;
      const table = await restore(gpu, home, solved.parts, tableRecipe(embedding));
      embed = (scope, ids) => model.embed(scope, ids, table);
      if (model.card.tiedEmbeddings) ownHead = this.common.head.withWeight(table);
    }
    if (grids.head && !model.card.tiedEmbeddings) {
      const { head } = grids;
      const solved = yield* this.#layer(point, model.blockCount, headSite, ['head'], (emit) =>
        solveTable(this.common.head.weight, head, { ...cx, emit }),
      );
      account.headBits = solved.storageBits;
      ownHead = this.common.head.withWeight(await restore(gpu, home, solved.parts, tableRecipe(head)));
    }
    return { embed, ...(ownHead ? { ownHead } : {}) };
  }

  /** Measures full precision until `windows` are in; the other points are compared with it, and come no further. */
  async *measureReference(point: PlannedPoint, windows = Infinity): AsyncGenerator<RunEvent> {
    const { model } = this.opening;
    assert(!isQuantized(point), 'the first point is full precision');
    if (this.#isFinished(point)) return;
    if (!this.#accounts.of(point).measuring) yield { type: 'point-started', point: point.id };
    const embed: PointModel['embed'] = (scope, ids) => model.embed(scope, ids);
    yield* this.#measure(point, { blocks: this.source, embed }, windows);
  }

  /** Measures a point, all of whose layers are solved, until `windows` are in. Nothing is left to do where it is finished. */
  async *measure(point: QuantizedPoint, windows = Infinity): AsyncGenerator<RunEvent> {
    if (this.#isFinished(point)) return;
    const { model, input } = this.opening;
    using home = input.gpu.scope(`point ${point.id}`);
    const tables = yield* this.openTables(point, home);
    const blocks = pointBlocks(
      input.gpu,
      model,
      this.source,
      (block, site) => this.solved(point, block, site),
      point.recipe,
      home,
      this.budgets.weights,
    );
    yield* this.#measure(point, { blocks, ...tables }, windows);
  }

  async *#measure(point: PlannedPoint, model: PointModel, upTo: number): AsyncGenerator<RunEvent> {
    const { clock, costs, windows } = this.opening;
    const scoredShare = scoredPerWindow(windows) / windows.context;
    const account = this.#accounts.of(point);
    account.measuring ??= this.common.evaluation.begin(point.id);
    let losses: readonly number[] | null = null;
    let resumed = clock();
    for await (const step of this.common.evaluation.advance(account.measuring, model, upTo)) {
      account.seconds += clock() - resumed;
      if (step.kind === 'measured') {
        const { quality } = step;
        requireFinite(quality, `${point.id}:`);
        account.quality = quality;
        yield { type: 'window-evaluated', point: point.id, windowsTotal: windows.ids.length, quality };
      } else if (step.kind === 'finished') {
        losses = step.losses;
      } else {
        const kind = this.work.scoring(step.part, point);
        const perToken = step.part === 'block' ? costs.block : costs.head * scoredShare * headPasses(point);
        yield* this.worked(kind, point.id, step.tokens * perToken);
      }
      resumed = clock();
    }
    if (!losses) return;
    const quality = present(account.quality, 'the quality of a point');
    const result = await this.#result(point, quality);
    this.results.push(result);
    yield { type: 'point-finished', result, losses };
    if (!isQuantized(point)) yield* this.#doubtText(quality);
  }

  /** Says where the model does not know the evaluation text: what rounding costs there is not what it costs in use. */
  *#doubtText({ perplexity }: Quality): Generator<RunEvent> {
    const { windows, input } = this.opening;
    const share = Math.log(perplexity.mean) / frequencyEntropy(windows.ids, windows.firstScored);
    if (share >= foreignFrom) {
      yield { type: 'text-doubted', doubt: 'foreign', text: input.evaluation.label, share: Math.min(share, 1e6) };
    }
  }

  async #result(point: PlannedPoint, quality: Quality): Promise<PointResult> {
    const { model } = this.opening;
    const account = this.#accounts.of(point);
    const replaced = {
      linear: isQuantized(point) ? account.linearBits : null,
      embedding: account.embeddingBits,
      head: account.headBits,
    };
    const places = [...account.hashes].map(([place, hash]) => `${place} ${hash}`).sort();
    return pointResult(point, quality, {
      ...sizeOf(model, this.#stored, replaced),
      seconds: account.seconds,
      hash: await sha256(isQuantized(point) ? places.join('\n') : model.card.fingerprint),
    });
  }

  /** Counts work as done, and tells of it now and then. */
  *worked(kind: Kind, point: string | null, operations: number, kept = false): Generator<RunEvent> {
    this.progress.advance(kind, operations, kept ? 'kept' : 'computed');
    if (point !== null) this.attempts.done(point, kind, operations);
    const { done } = this.progress;
    if (done - this.#told < progressStep && done < 1) return;
    this.#told = done;
    yield this.progress.told(kind.phase, point);
  }

  /** Adds calibration time of a point's own (sequential mode) to its account. */
  spend(point: QuantizedPoint, seconds: number): void {
    this.#accounts.of(point).seconds += seconds;
  }

  [Symbol.dispose](): void {
    this.common.evaluation[Symbol.dispose]();
    this.common.scope[Symbol.dispose]();
  }
}
