/**
 * A block on the GPU: the carrier is a matrix, every step a kernel. Steps are pure for the block that is written over them; here a value
 * that nothing else will use is written over or given back, and a product that is only added to something is added as it is made.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { addRow } from '../tensor/addRow';
import { addInto } from '../tensor/elementwise';
import { matmul } from '../tensor/matmul';
import { emptyMatrix, type Matrix } from '../tensor/matrix';
import { activate, gateMultiply } from '../tensor/nn/activation';
import { attention } from '../tensor/nn/attention';
import { clamp } from '../tensor/nn/clamp';
import { convolve } from '../tensor/nn/convolve';
import { headScan } from '../tensor/nn/headScan';
import { joinHeads } from '../tensor/nn/joinHeads';
import { layerNorm } from '../tensor/nn/layerNorm';
import { rmsNorm } from '../tensor/nn/rmsNorm';
import { rope } from '../tensor/nn/rope';
import { selectiveScan } from '../tensor/nn/selectiveScan';
import { softplus } from '../tensor/nn/softplus';
import { weigh } from '../tensor/nn/weigh';
import { assert, present } from '../util/assert';
import type { Uses } from './lifetimes';
import { mix } from './mix';
import type { Asked, Batch, OpenBlock, Reach, Tap } from './model';
import type { Block, RotaryRule, Steps } from './steps';

/** What a step needs to know beside the values it is given. */
export interface Place {
  /** The weights. */
  readonly open: OpenBlock;
  readonly batch: Batch;
  readonly uses: Uses;
  /** Cosines and sines of the window's positions. */
  readonly table: (rule: RotaryRule) => Matrix;
  readonly tap?: Tap | undefined;
  readonly asked?: Asked;
}

/** A value of the block: made, or a product that waits for its only use. */
class Value {
  constructor(
    /** Uses that are still to come. */
    public left: number,
    public matrix: Matrix | null,
    /** Makes a product that waits, or adds it to a matrix. */
    readonly product?: (into?: Matrix) => Matrix,
  ) {}
}

/** Makes the values of a block, which come with their uses as a reading of it has counted them. */
class Making {
  #uses: ArrayIterator<number>;
  readonly #experts: ArrayIterator<readonly number[]>;

  constructor({ values, experts }: Uses) {
    this.#uses = values.values();
    this.#experts = experts.values();
  }

  made(matrix: Matrix | null, product?: Value['product']): Value {
    return new Value(present(this.#uses.next().value, 'uses of a value'), matrix, product);
  }

  /** For the experts of the next mixture: each makes its values `within`. */
  mixture(): <V>(within: () => Promise<V>) => Promise<V> {
    const uses = present(this.#experts.next().value, 'uses within an expert');
    return async (within) => {
      const outside = this.#uses;
      this.#uses = uses.values();
      const result = await within();
      this.#uses = outside;
      return result;
    };
  }
}

/** `hidden` keeps its content; the result is `scope`'s, all other memory is given back. */
export async function runBlock(gpu: Gpu, scope: Scope, block: Block, hidden: Matrix, place: Place): Promise<Matrix> {
  using local = gpu.scope(`block ${place.open.index}`);
  const making = new Making(place.uses);
  const input = making.made(hidden);
  const result = await block(onGpu(gpu, local, place, input, making), input);
  assert(result !== input, 'a block that does something');
  const matrix = result.matrix ?? present(result.product, 'the result of a block')();
  local.move(matrix.view.buffer, scope);
  return matrix;
}

function onGpu(gpu: Gpu, local: Scope, place: Place, input: Value, making: Making): Steps<Value> {
  const { open, batch, table, tap, asked } = place;
  /** Of the expert that runs, and its weights where they are not among the block's. */
  let reach: Reach | undefined;
  let own: ReadonlyMap<string, Matrix> | undefined;
  const weight = (layer: string) =>
    present(open.weights.get(layer) ?? own?.get(layer), `block ${open.index}: ${layer}`);
  const made = making.made.bind(making);
  const other = (name: string) => present(open.others.get(name), `block ${open.index}: ${name}`);
  const read = (value: Value): Matrix => (value.matrix ??= present(value.product, 'a value that is used')());
  const done = (value: Value) => {
    value.left--;
    if (value.left === 0 && value !== input && value.matrix) local.free(value.matrix.view.buffer);
  };
  const copied = (x: Matrix) => {
    const copy = emptyMatrix(local, x.rows, x.cols, x.view.buffer.label);
    gpu.copy(x.view, copy.view);
    return copy;
  };
  /** The value's own memory where nothing else will read it, else a copy: to be written over. */
  const taken = (value: Value): Matrix => {
    const matrix = read(value);
    if (value.left > 1 || value === input) {
      done(value);
      return copied(matrix);
    }
    value.left = 0;
    value.matrix = null;
    return matrix;
  };

  return {
    norm({ name, run }, x, { kind, epsilon }) {
      const gains = other(name);
      if (kind === 'layer' && !open.centred) {
        const y = layerNorm(gpu, local, read(x), gains, other(`${name}.bias`), epsilon);
        done(x);
        return made(y);
      }
      const y = rmsNorm(gpu, local, read(x), gains, epsilon, run);
      if (kind === 'layer') addRow(gpu, y, other(`${name}.bias`));
      done(x);
      return made(y);
    },
    linear(name, x, layers) {
      const matrix = read(x);
      if (tap)
        tap(
          present(
            open.sites.find((site) => site.name === name),
            `site ${name}`,
          ),
          matrix,
          reach,
        );
      const product = (layer: string, into?: Matrix) => {
        const bias = open.others.get(`${layer}.bias`);
        const options = { label: layer, ...(bias && { bias }), ...(into && { into }) };
        return matmul(gpu, local, matrix, weight(layer), options);
      };
      const [only, ...more] = layers;
      if (!only || more.length) {
        const products = layers.map((layer) => made(product(layer.name)));
        done(x);
        return products;
      }
      return [
        made(null, (into) => {
          const y = product(only.name, into);
          done(x);
          return y;
        }),
      ];
    },
    add(residual, x, factor = 1) {
      const sum = taken(residual);
      if (x.product && !x.matrix && x.left === 1 && factor === 1) x.product(sum);
      else addInto(gpu, sum, read(x), factor);
      done(x);
      // Submitting lets the next steps re-use the memory of these.
      gpu.flush();
      return made(sum);
    },
    rotate(x, rule) {
      const y = taken(x);
      rope(gpu, y, table(rule), { size: rule.size, begin: rule.begin ?? 0, pairs: rule.rope.pairs ?? 'halves' });
      return made(y);
    },
    attend(q, k, v, rule) {
      const shape = { ...rule, length: batch.length };
      const y = attention(gpu, local, read(q), read(k), read(v), shape);
      for (const value of [q, k, v]) done(value);
      return made(y);
    },
    joinHeads(own, rest, heads) {
      const y = joinHeads(gpu, local, read(own), read(rest), heads);
      for (const value of [own, rest]) done(value);
      return made(y);
    },
    activate: (act, x) => made(activate(gpu, act, taken(x))),
    gate(act, gate, up) {
      const y = gateMultiply(gpu, act, taken(gate), read(up));
      done(up);
      return made(y);
    },
    convolve({ name, bias }, x) {
      const y = convolve(gpu, local, read(x), other(name), bias ? other(`${name}.bias`) : null, batch.length);
      done(x);
      return made(y);
    },
    softplus: ({ bias, low, high }, x) => made(softplus(gpu, taken(x), other(bias.name), { low, high })),
    scan({ heads, groups, decays, through }, values) {
      const { x, delta, b, c } = values;
      const [aLog, d] = [other(decays.name), other(through.name)];
      const scanned = { x: read(x), delta: read(delta), b: read(b), c: read(c), aLog, d };
      const y =
        decays.shape.length === 1
          ? headScan(gpu, local, scanned, { heads, groups, length: batch.length })
          : selectiveScan(gpu, local, scanned, batch.length);
      for (const value of [x, delta, b, c]) done(value);
      return made(y);
    },
    async mixture(rule, router, x, expert) {
      const ofExpert = making.mixture();
      const run = async (e: number, rows: Matrix, of: Reach) => {
        using weights = gpu.scope(`expert ${e}`);
        own = await open.expert?.(e, weights);
        reach = of;
        const result = await ofExpert(async () => taken(await expert(e, made(rows))));
        reach = undefined;
        own = undefined;
        return result;
      };
      const y = await mix(gpu, local, rule, read(router), read(x), run, asked);
      for (const value of [router, x]) done(value);
      return made(y);
    },
    weigh(x, gate) {
      const y = weigh(gpu, taken(x), read(gate));
      done(gate);
      return made(y);
    },
    clamp: (x, limit) => made(clamp(gpu, taken(x), limit)),
  };
}
