/**
 * A golden with all of its tensors on the host in float64, to be changed, and its logits: in float64 (model/tape.ts), and as the product runs it.
 * Embedding and final norm are applied here, so that both ends of the residual stream can be changed like any other layer. For tests.
 */
import type { Checkpoint, TensorEntry } from '../../src/formats/checkpoint';
import { toFloats } from '../../src/formats/toFloats';
import type { Gpu } from '../../src/gpu/gpu';
import { usesOf } from '../../src/model/lifetimes';
import type { OpenBlock, Site } from '../../src/model/model';
import { openModel } from '../../src/model/openModel';
import { located, openPlan, wanted, type Plan } from '../../src/model/plan';
import { rotaryFrequencies, rotaryMagnitude, rotatedWidth } from '../../src/model/rotary';
import { runBlock } from '../../src/model/run';
import type { Block, NormRule, RotaryRule, Source } from '../../src/model/steps';
import { tape } from '../../src/model/tape';
import { layerNorm } from '../../src/reference/layerNorm';
import { linear } from '../../src/reference/linear';
import { matmul } from '../../src/reference/matmul';
import { rmsNorm } from '../../src/reference/rmsNorm';
import { readMatrix, uploadMatrix, type Matrix } from '../../src/tensor/matrix';
import { ropeTable } from '../../src/tensor/nn/rope';
import { assert, present } from '../../src/util/assert';
import type { Basis } from './basis';
import { goldenModel, openFolder } from './folder';

/** Row-major; a vector has one column. */
export interface Tensor {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float64Array;
}

const copied = (tensor: Tensor): Tensor => ({ ...tensor, values: tensor.values.slice() });

const runOf = (bases: Basis | readonly Basis[], run: number): Basis =>
  'size' in bases ? bases : present(bases[run], `a basis for run ${run}`);

const runsOf = (bases: Basis | readonly Basis[], total: number): readonly Basis[] => {
  const { size } = runOf(bases, 0);
  assert(total % size === 0, `${total} values in runs of ${size}`);
  return Array.from({ length: total / size }, (_, run) => runOf(bases, run));
};

/** Runs of rows, each by its own basis, or all by one: M W. */
export function onRows(tensor: Tensor, bases: Basis | readonly Basis[]): void {
  const { rows, cols, values } = tensor;
  const made = runsOf(bases, rows).map(({ size, to }, run) =>
    matmul(to, values.subarray(run * size * cols, (run + 1) * size * cols), size, cols, size, 'plain'),
  );
  made.forEach((part, run) => values.set(part, run * part.length));
}

/** Runs of columns likewise: W M⁻¹. */
export function onColumns(tensor: Tensor, bases: Basis | readonly Basis[]): void {
  const { rows, cols, values } = tensor;
  const runs = runsOf(bases, cols);
  const { size } = runOf(bases, 0);
  for (let row = 0; row < rows; row++) {
    runs.forEach(({ back }, run) => {
      const begin = row * cols + run * size;
      values.set(matmul(values.subarray(begin, begin + size), back, 1, size, size, 'plain'), begin);
    });
  }
}

/** One block: what it is made of, by the keys of its trace. */
export class HostBlock {
  constructor(
    public block: Block,
    readonly sites: readonly Site[],
    readonly content: Map<string, Tensor>,
  ) {}

  copy(): HostBlock {
    return new HostBlock(this.block, this.sites, new Map([...this.content].map(([key, t]) => [key, copied(t)])));
  }

  tensor(key: string): Tensor {
    return present(this.content.get(key), key);
  }

  /** The layer's rows, or a norm's gains, in the other basis, with its bias. */
  makes(key: string, bases: Basis | readonly Basis[]): void {
    onRows(this.tensor(key), bases);
    const bias = this.content.get(`${key}.bias`);
    if (bias) onRows(bias, bases);
  }

  /** The layer's columns as they read the other basis. */
  reads(key: string, bases: Basis | readonly Basis[]): void {
    onColumns(this.tensor(key), bases);
  }
}

/** What stands behind the blocks: norm, projection, matrix, and what is added to the logits before they are scaled and capped. */
interface HostHead {
  readonly rule: NormRule;
  readonly gains: Tensor | null;
  readonly bias: Tensor | null;
  readonly weight: Tensor;
  readonly added: Tensor;
}

export class HostModel {
  private constructor(
    readonly plan: Plan,
    readonly blocks: readonly HostBlock[],
    /** Before the first block, [tokens, hidden]. */
    readonly start: Tensor,
    /** Rows of the start that are features of pictures. */
    readonly places: readonly number[],
    public head: HostHead,
  ) {}

  /** `ids` as one window, with the features of `pixels` where pictures stand. */
  static async open(gpu: Gpu, checkpoint: Checkpoint, ids: Uint32Array, pixels?: Float32Array): Promise<HostModel> {
    using scope = gpu.scope('host model');
    const plan = await openPlan(checkpoint);
    const model = await openModel(gpu, checkpoint);
    const features = pixels && (await present(model.tower, 'a tower').look(scope, pixels));
    const embedded = await model.embed(scope, ids, ids.length, undefined, features);
    const start = Float64Array.from(await readMatrix(gpu, embedded));
    const blocks = plan.blocks.map(async ({ block, sites, tensors }) => {
      const content = tensors.map(async ({ key, from, shape, role, above = 0 }) => {
        const [rows = 1] = shape;
        const size = shape.reduce((a, b) => a * b, 1);
        const values = from
          ? (await valuesOf(located(checkpoint, from, shape))).map((v) => v + above)
          : new Float64Array(size).fill(role === 'norm' ? 1 : 0);
        return [key, { rows, cols: size / rows, values }] as const;
      });
      return new HostBlock(block, sites, new Map(await Promise.all(content)));
    });
    return new HostModel(
      plan,
      await Promise.all(blocks),
      { rows: ids.length, cols: plan.facts.hidden, values: start },
      [...ids.keys()].filter((at) => ids[at] === plan.tower?.id),
      await headOf(checkpoint, plan),
    );
  }

  copy(): HostModel {
    const { gains, bias, weight, added, rule } = this.head;
    const head = { rule, gains: gains && copied(gains), bias: bias && copied(bias) };
    return new HostModel(
      this.plan,
      this.blocks.map((block) => block.copy()),
      copied(this.start),
      this.places,
      { ...head, weight: copied(weight), added: copied(added) },
    );
  }

  /** Through the blocks in float64. */
  async exactLogits(): Promise<Float64Array> {
    const batch = { windows: 1, length: this.start.rows };
    let x: Float64Array = this.start.values;
    for (const { block, content } of this.blocks) {
      const values = new Map([...content].map(([key, tensor]) => [key, tensor.values]));
      x = (await tape(block, x, values, batch)).y;
    }
    return this.#logitsOf(x);
  }

  /** Through the blocks on the GPU, in float32. */
  async logits(gpu: Gpu): Promise<Float64Array> {
    using scope = gpu.scope('changed model');
    const length = this.start.rows;
    const upload = ({ rows, cols, values }: Tensor, name: string) =>
      uploadMatrix(scope, Float32Array.from(values), rows, cols, name);
    let hidden: Matrix = upload(this.start, 'start');
    const table = ({ rope, size, begin = 0 }: RotaryRule) =>
      ropeTable(
        scope,
        rotaryFrequencies(rope, rotatedWidth(rope, size - begin), length),
        length,
        rotaryMagnitude(rope),
      );
    for (const [index, { block, sites, content }] of this.blocks.entries()) {
      const weights = new Map([...content].map(([key, tensor]) => [key, upload(tensor, key)]));
      // What is no layer lies in one row.
      const others = new Map([...weights].map(([key, m]) => [key, { ...m, rows: 1, cols: m.rows * m.cols }]));
      const open: OpenBlock = { index, sites, weights, others };
      const place = { open, batch: { windows: 1, length }, uses: await usesOf(block), table };
      hidden = await runBlock(gpu, scope, block, hidden, place);
    }
    return this.#logitsOf(Float64Array.from(await readMatrix(gpu, hidden)));
  }

  #logitsOf(states: Float64Array): Float64Array {
    const { rule, gains, bias, weight, added } = this.head;
    const { factor = 1, cap } = this.plan.head;
    const zeros = new Float64Array(this.start.cols);
    const normed = !gains
      ? states
      : rule.kind === 'rms'
        ? rmsNorm(states, gains.values, rule.epsilon)
        : layerNorm(states, gains.values, bias?.values ?? zeros, rule.epsilon);
    const sizes = { tokens: this.start.rows, rows: weight.rows, cols: weight.cols };
    const logits = linear(normed, weight.values, added.values, sizes).map((v) => factor * v);
    return cap === undefined ? logits : logits.map((v) => cap * Math.tanh(v / cap));
  }
}

async function valuesOf(entry: TensorEntry): Promise<Float64Array> {
  const bytes = await entry.read();
  return Float64Array.from(toFloats(bytes, entry.type));
}

/** A projection before a narrower table is multiplied into the table. */
async function headOf(checkpoint: Checkpoint, { head, tables, facts: { hidden } }: Plan): Promise<HostHead> {
  const { gains, rule, project } = head;
  const vector = async (from: Source, above = 0): Promise<Tensor> => ({
    rows: hidden,
    cols: 1,
    values: (await valuesOf(located(checkpoint, from, [hidden]))).map((v) => v + above),
  });
  const table = await valuesOf(wanted(checkpoint, tables.head));
  const [rows = 0, cols = 0] = tables.head.shape;
  const wide = project
    ? matmul(table, await valuesOf(located(checkpoint, project.from, [cols, hidden])), rows, hidden, cols, 'plain')
    : table;
  return {
    rule,
    gains: gains && (gains.from ? await vector(gains.from, gains.above) : ones(hidden)),
    bias: gains?.bias ? await vector(gains.bias) : null,
    weight: { rows, cols: hidden, values: wide },
    added: { rows, cols: 1, values: new Float64Array(rows) },
  };
}

export const ones = (rows: number): Tensor => ({ rows, cols: 1, values: new Float64Array(rows).fill(1) });

export const openGolden = async (gpu: Gpu, name: string, ids: Uint32Array, pixels?: Float32Array) =>
  HostModel.open(gpu, await openFolder(goldenModel(name)), ids, pixels);
