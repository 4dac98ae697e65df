/**
 * What the steps of one run share: the opened model, windows, the cabinet of solved layers, results so far and progress. And the two
 * steps that every order of work is made of: solve one site for one point, and measure one point.
 */
import type { Scope } from '../gpu/buffers';
import type { Block, Head, Model, Site } from '../model/model';
import { needsCalibration, needsModule } from '../quant/parseRecipe';
import type { QuantEvent } from '../quant/problem';
import type { Recipe } from '../quant/recipe';
import { tableRecipe } from '../quant/solve';
import { assert, present } from '../util/assert';
import { sha256 } from '../util/hash';
import { createRng } from '../util/rng';
import { usualBudgets, type Budgets } from './budgets';
import { Cabinet } from './cabinet';
import { toBatches, type Moment, type TokenBatch } from './calibrate';
import { Evaluation, type Blocks, type Measuring, type PointModel } from './evaluate';
import type { LayerResult, PlannedPoint, PointResult, Quality, RunEvent, RunSettings } from './events';
import { restore, solveSite, solveTable, type Solved } from './layers';
import { tableGrids, type Costs } from './plan';
import { pointBlocks, sourceBlocks } from './pointModel';
import { moduleError } from './moduleError';
import { pointResult } from './pointResult';
import { Progress, type Kind } from './progress';
import type { RunInput } from './run';
import { sizeOf, storedBits, type StoredBits } from './size';
import { requireRepeated } from './takeOver';
import { scoredPerWindow, type Windows } from './windows';

/** A point with a recipe. */
export interface QuantizedPoint extends PlannedPoint {
  readonly recipe: Recipe;
}
export const isQuantized = (point: PlannedPoint): point is QuantizedPoint => point.recipe !== null;

export interface Opening {
  readonly input: RunInput;
  readonly model: Model;
  readonly settings: RunSettings;
  /** Events of points that an earlier run has finished, by id: these are told again and not measured. */
  readonly done: ReadonlyMap<string, readonly RunEvent[]>;
  readonly windows: Windows;
  readonly calibration: { readonly windows: readonly Uint32Array[]; readonly fingerprint: string } | null;
  readonly costs: Costs;
  readonly perBatch: number;
  readonly clock: () => number;
}

/** Progress is told when this share more of the run is done: often enough to look alive, rare enough for a short log. */
const progressStep = 0.002;

/** Embedding and head have places of their own beside the blocks. */
const embeddingSite = 'embedding';
const headSite = 'head';

/** Scoring full precision is its own kind of work: other weights, and no divergence. */
export const scoring = (part: 'block' | 'head', point: PlannedPoint): Kind => ({
  phase: 'evaluating',
  name: `${part} of ${isQuantized(point) ? 'a point' : 'the model'}`,
});

/** A point's logits are made beside those of full precision. */
export const headPasses = (point: PlannedPoint): number => (isQuantized(point) ? 2 : 1);

/** What a point has gathered: solved layers in order, storage, time. */
interface Account {
  readonly hashes: Map<string, string>;
  linearBits: number;
  embeddingBits: number | null;
  headBits: number | null;
  seconds: number;
  measuring: Measuring | null;
  quality: Quality | null;
}

export class Session implements Disposable {
  readonly results: PointResult[] = [];
  readonly progress: Progress;
  readonly calibrationBatches: readonly TokenBatch[] | null;
  readonly calibrationTokens: number;
  readonly source: Blocks;
  /** Keys of layers that an earlier run has left behind. */
  readonly kept = new Set<string>();
  readonly #accounts = new Map<string, Account>();
  readonly #stored: StoredBits;
  readonly #evaluation: Evaluation;
  /** By pieces of the recipe: the first point that has them. */
  readonly #firsts = new Map<string, string>();
  #told = 0;

  private constructor(
    readonly opening: Opening,
    readonly scope: Scope,
    readonly head: Head,
    readonly cabinets: Readonly<Record<'calibrated' | 'plain', Cabinet>>,
  ) {
    const { input, model, windows, perBatch, calibration, settings } = opening;
    this.progress = new Progress(opening.clock);
    this.source = sourceBlocks(model, scope, this.budgets.weights);
    this.calibrationBatches = calibration && toBatches(calibration.windows, settings.context, perBatch);
    this.calibrationTokens = (calibration?.windows.length ?? 0) * settings.context;
    this.#stored = storedBits(input.checkpoint, model);
    this.#evaluation = new Evaluation(input.gpu, model, head, windows, perBatch, input.signal, this.budgets.states);
  }

  static async open(opening: Opening): Promise<Session> {
    const { input, model, settings, calibration } = opening;
    const { gpu } = input;
    const scope = gpu.scope('run');
    try {
      const circumstances = {
        app: input.appVersion,
        adapter: gpu.card.name,
        model: model.card.fingerprint,
        mode: settings.mode,
        seed: settings.seed,
      };
      const of = (h: typeof calibration) =>
        new Cabinet(input.keep, {
          ...circumstances,
          calibration: h && { fingerprint: h.fingerprint, tokens: h.windows.length, context: settings.context },
        });
      const head = await model.openHead(scope);
      return new Session(opening, scope, head, { calibrated: of(calibration), plain: of(null) });
    } catch (error) {
      scope[Symbol.dispose]();
      throw error;
    }
  }

  get budgets(): Budgets {
    return { ...usualBudgets, ...this.opening.input.budgets };
  }

  /** The points that are to be measured. */
  get points(): readonly QuantizedPoint[] {
    const { settings, done } = this.opening;
    return settings.points.filter(isQuantized).filter(({ id }) => !done.has(id));
  }

  /** Tells of the points that are taken over, as of points that have just been finished. */
  *takenOver(): Generator<RunEvent> {
    for (const events of this.opening.done.values()) {
      for (const event of events) {
        if (event.type === 'point-finished') this.results.push(event.result);
        yield event;
      }
    }
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
        for (const { name } of model.sites) await look(block, name);
        await input.gpu.pace(input.signal);
      }
    }
  }

  /** Sites of the block whose layers this point does not have yet. */
  async missing(point: QuantizedPoint, block: number): Promise<Site[]> {
    const missing: Site[] = [];
    for (const site of this.opening.model.sites) {
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
    open: () => Promise<Block>,
  ): AsyncGenerator<RunEvent> {
    const { model } = this.opening;
    const { signal, gpu } = this.opening.input;
    const solve = async (emit: (event: QuantEvent) => void) => {
      const shared = createRng(this.opening.settings.seed);
      const rng = shared.fork(`${block} ${site.name}`);
      const source = await open();
      using scope = gpu.scope('module');
      const sample = needsModule(point.recipe) && moment?.sample;
      const error = sample ? moduleError(gpu, model, source, site, sample, scope) : undefined;
      return await solveSite(source, site, point.recipe, moment, { gpu, signal, rng, shared, emit }, error);
    };
    const layers = site.layers.map(({ name }) => name);
    const solved = yield* this.#layer(point, block, site.name, layers, solve);
    this.#account(point).linearBits += solved.storageBits;
    const share = this.opening.costs.solve / this.opening.model.sites.length;
    yield* this.worked(this.solving(point), point.id, share, this.kept.has(await this.keyOf(point, block, site.name)));
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
      this.kept.has(key) || this.#account(point).hashes.has(`${block} ${site}`) ? await cabinet.find(key) : null;
    const events: QuantEvent[] = [];
    const solved = found ? found.solved : await solve((event) => events.push(event));
    if (!found) await cabinet.put(key, { solved, events });
    const seconds = clock() - start;
    const account = this.#account(point);
    account.seconds += seconds;
    // A table that sequential calibration has already told of.
    if (account.hashes.has(`${block} ${site}`)) return solved;
    account.hashes.set(`${block} ${site}`, solved.hash);
    for (const event of found ? found.events : events) yield { ...event, ...place };
    const { rows, cols, energy, nearestLoss, loss, damping, insight, hash } = solved;
    const result: LayerResult = {
      ...place,
      ...{ layers, rows, cols, energy, nearestLoss, loss, damping, insight },
      bits: solved.storageBits / (rows * cols),
      hash,
      seconds,
      resumed: found !== null,
    };
    yield { type: 'layer-quantized', ...result };
    return solved;
  }

  readonly #isFinished = ({ id }: PlannedPoint): boolean => this.results.some((result) => result.id === id);

  #account({ id }: PlannedPoint): Account {
    let account = this.#accounts.get(id);
    if (!account) {
      account = {
        hashes: new Map(),
        linearBits: 0,
        embeddingBits: null,
        headBits: null,
        seconds: 0,
        measuring: null,
        quality: null,
      };
      this.#accounts.set(id, account);
    }
    return account;
  }

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
    const account = this.#account(point);
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
      if (model.card.tiedEmbeddings) ownHead = this.head.withWeight(table);
    }
    if (grids.head && !model.card.tiedEmbeddings) {
      const { head } = grids;
      const solved = yield* this.#layer(point, model.blockCount, headSite, ['head'], (emit) =>
        solveTable(this.head.weight, head, { ...cx, emit }),
      );
      account.headBits = solved.storageBits;
      ownHead = this.head.withWeight(await restore(gpu, home, solved.parts, tableRecipe(head)));
    }
    return { embed, ...(ownHead ? { ownHead } : {}) };
  }

  /**
   * Measures full precision until `windows` are in; the other points are compared with it, and come no further. One that is taken over is
   * measured again for its hidden states where there are others to come, which is told of as progress alone.
   */
  async *measureReference(point: PlannedPoint, windows = Infinity): AsyncGenerator<RunEvent> {
    const { model, done } = this.opening;
    assert(!isQuantized(point), 'the first point is full precision');
    const known = done.get(point.id)?.at(-1);
    if (known ? this.points.length === 0 : this.#isFinished(point)) return;
    if (!known && !this.#account(point).measuring) yield { type: 'point-started', point: point.id };
    const embed: PointModel['embed'] = (scope, ids) => model.embed(scope, ids);
    for await (const event of this.#measure(point, { blocks: this.source, embed }, windows)) {
      if (!known || event.type === 'progressed') yield event;
      else if (event.type === 'point-finished' && known.type === 'point-finished') {
        requireRepeated(known.losses, event.losses ?? []);
      }
    }
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
    const account = this.#account(point);
    account.measuring ??= this.#evaluation.begin(point.id);
    let losses: readonly number[] | null = null;
    let resumed = clock();
    for await (const step of this.#evaluation.advance(account.measuring, model, upTo)) {
      account.seconds += clock() - resumed;
      if (step.kind === 'measured') {
        const { quality } = step;
        account.quality = quality;
        yield { type: 'window-evaluated', point: point.id, windowsTotal: windows.ids.length, quality };
      } else if (step.kind === 'finished') {
        losses = step.losses;
      } else {
        const kind = scoring(step.part, point);
        const perToken = step.part === 'block' ? costs.block : costs.head * scoredShare * headPasses(point);
        yield* this.worked(kind, point.id, step.tokens * perToken);
      }
      resumed = clock();
    }
    if (!losses) return;
    const result = await this.#result(point, present(account.quality, 'the quality of a point'));
    if (!this.#isFinished(point)) this.results.push(result);
    yield { type: 'point-finished', result, losses };
  }

  async #result(point: PlannedPoint, quality: Quality): Promise<PointResult> {
    const { model } = this.opening;
    const account = this.#account(point);
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

  /**
   * The kind of work that solving a point is. The first point of a method factors H and searches; the other widths of shared calibration
   * find much of it done.
   */
  solving({ id, recipe }: QuantizedPoint): Kind {
    const pieces = [...recipe.transform, recipe.grid, recipe.rounding, ...recipe.correction];
    const name = pieces.map((piece) => piece.name).join('+');
    let first = this.#firsts.get(name);
    if (first === undefined) this.#firsts.set(name, (first = id));
    return first === id ? { phase: 'quantizing', name } : { phase: 'quantizing', name: `${name}, again`, like: name };
  }

  /** Counts work as done, and tells of it now and then. */
  *worked(kind: Kind, point: string | null, operations: number, kept = false): Generator<RunEvent> {
    this.progress.advance(kind, operations, kept ? 'kept' : 'computed');
    const { done } = this.progress;
    if (done - this.#told < progressStep && done < 1) return;
    this.#told = done;
    yield {
      type: 'progressed',
      phase: kind.phase,
      point,
      done,
      secondsElapsed: this.progress.elapsed,
      secondsLeft: this.progress.secondsLeft,
    };
  }

  /** Adds calibration time of a point's own (sequential mode) to its account. */
  spend(point: QuantizedPoint, seconds: number): void {
    this.#account(point).seconds += seconds;
  }

  [Symbol.dispose](): void {
    this.#evaluation[Symbol.dispose]();
    this.scope[Symbol.dispose]();
  }
}
