/**
 * Calibration of a block: what its sites see while calibration text runs through it becomes, per site, H = mean of x xᵀ over tokens.
 *
 *   shared      blocks see the full-precision blocks before them; one H serves every recipe and width
 *   sequential  blocks see the quantized blocks before them, as GPTQ was published (its own weights still full while H is gathered)
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Batch, OpenBlock, Model, Site, Tap } from '../model/model';
import { usualBlend, type Variants } from '../log/variants';
import { FactorCache } from '../quant/factorCache';
import { addInto } from '../tensor/elementwise';
import { emptyMatrix, rowRange, type Matrix } from '../tensor/matrix';
import { present } from '../util/assert';
import { expertFacts, type ExpertFacts } from './expertFacts';
import { featuresOf } from './features';
import { MomentSums } from './momentSums';
import { States } from './states';

/** Hidden states before a block, of some windows of the calibration text. */
export interface Sample {
  readonly hidden: Matrix;
  readonly batch: Batch;
}

/** What calibration knows of a site. The cache keeps what recipes derive from (W, H), so that widths share one factorisation. */
export interface Moment extends ExpertFacts {
  readonly H: Matrix;
  /** Tokens that reached the site, over which H is a mean. */
  readonly tokens: number;
  /** [1, cols]: mean |x| of each input. */
  readonly magnitude?: Matrix;
  /** [cols, cols]: mean of (x̄ − x) xᵀ, x̄ the input in full precision. Only where a second stream runs beside. */
  readonly cross?: Matrix;
  /** Where some recipe looks at whole modules: windows of each length by themselves. */
  readonly sample?: readonly Sample[];
  readonly factors: FactorCache;
  /** Frees all of it before the calibration's scope ends. */
  readonly release?: () => void;
}

/** Moments of the sites of one block, by their names in it. */
export type BlockMoments = ReadonlyMap<string, Moment>;

/** Tokens on which outputs of modules are compared: AWQ as published takes 512 at a time. */
const sampleTokens = 2048;
/** Lengths of windows that it is taken from, at most: each is a pass of its own for every candidate. */
const sampleLengths = 4;

/** Tokens on which experts are run beside their own, for what all tokens would give. */
const expertSample = 512;

/** Whether a pass moves the text past the block, or leaves it before it for another. */
type After = 'advance' | 'stay';

const expertsOf = (sites: readonly Site[]) => new Set(sites.flatMap(({ routed }) => (routed ? [routed.expert] : [])));

/** Ids that run together, and their shape. */
export interface TokenBatch {
  readonly ids: Uint32Array;
  readonly batch: Batch;
  /** Of the pictures among the ids, [places, hidden] f32 each, in their order. */
  readonly features?: readonly Float32Array<ArrayBuffer>[];
}

/** Windows in batches of `perBatch`, the last one shorter. */
export function toBatches(windows: readonly Uint32Array[], context: number, perBatch: number): TokenBatch[] {
  const batches: TokenBatch[] = [];
  for (let i = 0; i < windows.length; i += perBatch) {
    const group = windows.slice(i, i + perBatch);
    const ids = new Uint32Array(group.length * context);
    group.forEach((window, j) => ids.set(window, j * context));
    batches.push({ ids, batch: { windows: group.length, length: context } });
  }
  return batches;
}

/** How ids of windows of `length` tokens, and features of their pictures, become hidden states: by the model's own embedding, or a quantized one. */
export type Embed = (scope: Scope, ids: Uint32Array, length: number, features?: Matrix) => Promise<Matrix>;

/** What is calibrated on, on its way through the model, block by block. */
export class CalibrationStream implements Disposable {
  readonly #states: States;
  readonly tokens: number;

  private constructor(
    readonly gpu: Gpu,
    readonly model: Model,
    readonly batches: readonly TokenBatch[],
    readonly signal: AbortSignal,
    budget: number,
    readonly variants: Variants,
  ) {
    this.tokens = batches.reduce((sum, { ids }) => sum + ids.length, 0);
    this.#states = new States(gpu, 'calibration states', this.tokens * model.card.hidden * 4, budget);
  }

  /** Before block 0. `budget`: bytes of states that may stay on the GPU. */
  static async start(
    gpu: Gpu,
    model: Model,
    batches: readonly TokenBatch[],
    embed: Embed,
    signal: AbortSignal,
    budget: number,
    variants: Variants = {},
  ): Promise<CalibrationStream> {
    const stream = new CalibrationStream(gpu, model, batches, signal, budget, variants);
    try {
      for (const [i, { ids, batch, features }] of batches.entries()) {
        using local = gpu.scope('embedding');
        const seen = featuresOf(local, features, model.card.hidden);
        await stream.#states.put(i, await embed(local, ids, batch.length, seen));
        await gpu.pace(signal);
      }
    } catch (error) {
      stream[Symbol.dispose]();
      throw error;
    }
    return stream;
  }

  /**
   * Runs every batch through `block`. Gathers H and mean |x| of the given sites, owned by `scope` unless released; `after` says whether the stream moves past the
   * block or stays before it, where of experts only those of the sites are run. `beside`: the same text through full-precision blocks, which
   * moves past this one or stays; then cross moments are gathered too. Yields the tokens done after each batch.
   */
  async *run(
    block: OpenBlock,
    sites: readonly Site[],
    after: After,
    scope: Scope,
    beside?: { readonly stream: CalibrationStream; readonly after: After },
  ): AsyncGenerator<number, BlockMoments> {
    const { gpu, model, signal } = this;
    // Each site by itself, so that one can be let go before the others.
    const sumsOf = (site: Site) => {
      const home = scope.child(`moments of ${site.name}`);
      // Two streams route the same token each in its own way: rows of experts have no counterparts.
      const cross = beside && !site.routed ? 'cross' : 'no cross';
      return [site.name, new MomentSums(gpu, home, site, this.tokens, cross)] as const;
    };
    const sums = new Map(sites.map(sumsOf));
    // Of what only the tokens of an expert reach, and nothing like it all: a sample of all.
    const sampled = new Map(sites.filter(({ routed }) => routed?.like === null).map(sumsOf));
    const { expertWeights } = this.variants;
    const experts = after === 'stay' ? expertsOf(sites) : undefined;
    let exact: ReadonlyMap<string, Matrix> = new Map();
    const tap: Tap = (site, input, reach) => {
      if (reach?.kind === 'sample') return sampled.get(site.name)?.add(input);
      const own = sums.get(site.name);
      if (reach?.kind === 'routed' && expertWeights) own?.addWeighted(input, reach.weights());
      else own?.add(input, exact.get(site.name));
    };
    for (const [i, { batch }] of this.batches.entries()) {
      using local = gpu.scope('calibration');
      if (beside) exact = await beside.stream.#inputs(local, block, i, sites, beside.after);
      const before = this.#states.get(local, i);
      const sample = i === 0 && sampled.size > 0 && { sample: expertSample };
      const asked = { signal, ...sample, ...(experts && { experts }) };
      const next = await model.forward(local, block, before, batch, sites.length ? tap : undefined, asked);
      if (after === 'advance') await this.#put(i, next, before);
      await gpu.pace(signal);
      yield batch.windows * batch.length;
    }
    return await this.#finish(sites, sums, sampled, scope);
  }

  /** The sums of experts first, since they are blended with those of all tokens. */
  async #finish(
    sites: readonly Site[],
    sums: ReadonlyMap<string, MomentSums>,
    sampled: ReadonlyMap<string, MomentSums>,
    scope: Scope,
  ): Promise<BlockMoments> {
    const sumsOf = (name: string) => present(sums.get(name), name);
    const means = new Map<string, Pick<Moment, 'H' | 'magnitude' | 'cross' | 'told' | 'dead'>>();
    for (const site of sites) {
      if (!site.routed) continue;
      const { like } = site.routed;
      const all = like === null ? present(sampled.get(site.name), `a sample for ${site.name}`) : sumsOf(like);
      const own = sumsOf(site.name);
      const facts = expertFacts(own.tokens, this.tokens, this.variants);
      means.set(site.name, { ...(await own.blended(all, this.variants.expertBlend ?? usualBlend)), ...facts });
    }
    for (const { name, routed } of sites) if (!routed) means.set(name, await sumsOf(name).finish());
    for (const { home } of sampled.values()) scope.end(home);
    return new Map(
      sites.map(({ name }) => {
        const { home, tokens } = sumsOf(name);
        const own = present(means.get(name), name);
        return [name, { ...own, tokens, factors: FactorCache.of(home), release: () => scope.end(home) }];
      }),
    );
  }

  /** Runs batch i through the block; copies of what the sites saw. */
  async #inputs(
    scope: Scope,
    block: OpenBlock,
    i: number,
    sites: readonly Site[],
    after: After,
  ): Promise<ReadonlyMap<string, Matrix>> {
    const { gpu, model, signal } = this;
    const { batch } = present(this.batches[i], `batch ${i}`);
    const seen = new Map<string, Matrix>();
    const before = this.#states.get(scope, i);
    const tap: Tap = (site, input) => {
      if (site.routed || !sites.some(({ name }) => name === site.name)) return;
      const copy = emptyMatrix(scope, input.rows, input.cols, 'inputs in full precision');
      gpu.copy(input.view, copy.view);
      seen.set(site.name, copy);
    };
    // Experts of two streams have no rows in common: here they are run for what the block makes alone.
    const asked = { signal, ...(after === 'stay' && { experts: new Set<number>() }) };
    const next = await model.forward(scope, block, before, batch, tap, asked);
    if (after === 'advance') await this.#put(i, next, before);
    return seen;
  }

  /** What the next block is given of batch i. */
  async #put(i: number, next: Matrix, before: Matrix): Promise<void> {
    if (this.variants.residual === 'dropped') addInto(this.gpu, next, before, -1);
    await this.#states.put(i, next);
  }

  /**
   * Copies of the first windows' states, owned by `scope`: before the next block that this stream runs through. As many windows as
   * `sampleTokens` hold and one forward pass can take, one at least; how windows are batched makes no difference. Where they differ in length,
   * the lengths with the most tokens have their shares.
   */
  sample(scope: Scope): readonly Sample[] {
    const tokens = Math.min(sampleTokens, this.model.maxTokens);
    const lengths = [...new Set(this.batches.map(({ batch }) => batch.length))];
    const alike = lengths.map((length) =>
      [...this.batches.keys()].filter((i) => this.batches[i]?.batch.length === length),
    );
    const sizeOf = (group: readonly number[]) => group.reduce((sum, i) => sum + (this.batches[i]?.ids.length ?? 0), 0);
    const most = alike.toSorted((a, b) => sizeOf(b) - sizeOf(a)).slice(0, sampleLengths);
    const all = most.reduce((sum, group) => sum + sizeOf(group), 0);
    return most.map((group) => this.#sampleOf(scope, group, (tokens * sizeOf(group)) / all));
  }

  /** From batches of one length. */
  #sampleOf(scope: Scope, group: readonly number[], tokens: number): Sample {
    const { gpu, model, batches } = this;
    const of = group.map((i) => present(batches[i], `batch ${i}`).batch);
    const { length } = present(of[0], 'a batch');
    const all = of.reduce((sum, { windows }) => sum + windows, 0);
    const windows = Math.min(all, Math.max(1, Math.floor(tokens / length)));
    const hidden = emptyMatrix(scope, windows * length, model.card.hidden, 'sample');
    let filled = 0;
    for (const i of group) {
      if (filled === hidden.rows) break;
      using local = gpu.scope('sample');
      const states = this.#states.get(local, i);
      const rows = Math.min(states.rows, hidden.rows - filled);
      gpu.copy(rowRange(states, 0, rows).view, rowRange(hidden, filled, filled + rows).view);
      filled += rows;
    }
    return { hidden, batch: { windows, length } };
  }

  /** The states of one batch, for tests of what calibration sees. Owned by this or by `scope`. */
  states(scope: Scope, batch: number): Matrix {
    return this.#states.get(scope, batch);
  }

  [Symbol.dispose](): void {
    this.#states[Symbol.dispose]();
  }
}
