/**
 * A block as a graph for other runtimes: the carrier is the name of a value, every step appends operators of ONNX in float32. What comes
 * out names its weights by where they lie, in the shapes in which checkpoints store them; who writes a file brings their bytes. Values
 * between steps are matrices [tokens, columns], as on the GPU; tokens are windows × length, the length is fixed and the windows are not.
 *
 * Operators of version 18, the first with axes and splits in the form used here (ONNX project, docs/Operators.md). Norm, rotation and
 * attention have operators of their own from version 23 on; made of plain ones, they run where older versions do.
 */
import { GraphDraft } from '../formats/onnx/graphDraft';
import type { OnnxNode, OnnxTensor, OnnxValue } from '../formats/onnx/onnxModel';
import { assert } from '../util/assert';
import { rotaryFrequencies } from './rotary';
import { sourceName, type Block, type RotaryRule, type Source, type Steps } from './steps';

/** An initializer whose values lie in the checkpoint, to be given as float32. */
export interface GraphWeight {
  readonly name: string;
  readonly from: Source;
  /** As stored: [out, in] of a linear layer, [n] of a norm or a bias. */
  readonly shape: readonly number[];
}

export interface Graph {
  /** Version of ONNX's operators. */
  readonly operators: number;
  readonly nodes: readonly OnnxNode[];
  readonly weights: readonly GraphWeight[];
  /** Initializers that follow from the config and the length. */
  readonly constants: readonly OnnxTensor[];
  /** The residual stream before and after the block, [tokens, hidden]; tokens a multiple of the length. */
  readonly input: OnnxValue;
  readonly output: OnnxValue;
}

/** A matrix of the block. */
interface Named {
  readonly name: string;
  readonly cols: number;
}

/** What masked scores become: finite, so that no difference of two is NaN; its exponential is 0 beside any score. */
const lowestFloat = -3.4028234663852886e38;

/** `hidden`: width of the residual stream; `length`: tokens of a window, which starts at position 0 and attends only to itself. */
export async function graphOf(block: Block, hidden: number, length: number): Promise<Graph> {
  const draft = new GraphDraft();
  const weights: GraphWeight[] = [];
  const weight = (from: Source, shape: readonly number[]) =>
    draft.once(`weight ${JSON.stringify(from)}`, () => {
      const name = draft.name(sourceName(from));
      weights.push({ name, from, shape });
      return name;
    });
  const input = draft.name('hidden');
  const output = await block(onNames(draft, weight, length), { name: input, cols: hidden });
  assert(output.name !== input, 'a block that does something');
  assert(output.cols === hidden, `a block from ${hidden} columns to ${output.cols}`);
  const stream = (name: string): OnnxValue => ({ name, type: 'float32', shape: ['tokens', hidden] });
  const { nodes, constants } = draft;
  return { operators: 18, nodes, weights, constants, input: stream(input), output: stream(output.name) };
}

type Weight = (from: Source, shape: readonly number[]) => string;

function onNames(draft: GraphDraft, weight: Weight, length: number): Steps<Named> {
  const node = draft.node.bind(draft);
  const reshape = (x: string, name: string, ...shape: readonly number[]) =>
    node('Reshape', [x, draft.integers('shape', shape)], name);

  return {
    norm({ name, width, from }, x, { epsilon }) {
      const whole = width === x.cols;
      const rows = whole ? x.name : reshape(x.name, `${name}/heads`, -1, width);
      const square = node('Mul', [rows, rows], `${name}/square`);
      const mean = node('ReduceMean', [square, draft.integers('axes', [-1])], `${name}/mean`, { keepdims: { int: 1 } });
      const sum = node('Add', [mean, draft.scalar('epsilon', epsilon)], `${name}/sum`);
      const unit = node('Div', [rows, node('Sqrt', [sum], `${name}/root`)], `${name}/unit`);
      const y = node('Mul', [unit, weight(from, [width])], whole ? name : `${name}/gained`);
      return { name: whole ? y : reshape(y, name, -1, x.cols), cols: x.cols };
    },

    linear: (_, x, layers) =>
      layers.map(({ name, rows, from, bias }) => {
        // The weights stay [out, in], as they are stored.
        const inputs = [x.name, weight(from, [rows, x.cols]), ...(bias ? [weight(bias, [rows])] : [])];
        return { name: node('Gemm', inputs, name, { transB: { int: 1 } }), cols: rows };
      }),

    add: (residual, x) => ({ name: node('Add', [residual.name, x.name], 'stream'), cols: x.cols }),

    rotate(x, rule) {
      const { name, cols } = x;
      const [cosines, sines] = rotation(draft, rule, length);
      const heads = reshape(name, `${name}/heads`, -1, length, cols / rule.size, rule.size);
      const halves = { axis: { int: -1 }, num_outputs: { int: 2 } };
      const [a, b] = draft.split('Split', [heads], [`${name}/a`, `${name}/b`], halves) as [string, string];
      const product = (half: string, table: string) => node('Mul', [half, table], `${half}/${table}`);
      const first = node('Sub', [product(a, cosines), product(b, sines)], `${name}/first`);
      const second = node('Add', [product(b, cosines), product(a, sines)], `${name}/second`);
      const turned = node('Concat', [first, second], `${name}/turned`, { axis: { int: -1 } });
      return { name: reshape(turned, `${name}/rotated`, -1, cols), cols };
    },

    attend(q, k, v, { heads, keyValueHeads, size, window }) {
      const repeat = heads / keyValueHeads;
      /** [windows, groups, heads of a group, …]: a group's keys and values are read by each of its heads. */
      const grouped = (x: Named, name: string, heads: number, perm: readonly number[]) => {
        const split = reshape(x.name, `attention/${name}/heads`, -1, length, keyValueHeads, heads, size);
        return node('Transpose', [split], `attention/${name}`, { perm: { ints: perm } });
      };
      const rows = [0, 2, 3, 1, 4];
      const queries = grouped(q, 'queries', repeat, rows);
      const scaled = node('Mul', [queries, draft.scalar('scale', size ** -0.5)], 'attention/scaled');
      const keys = grouped(k, 'keys', 1, [0, 2, 3, 4, 1]);
      const scores = node('MatMul', [scaled, keys], 'attention/scores');
      const lowest = draft.scalar('lowest', lowestFloat);
      const masked = node('Where', [visible(draft, window, length), scores, lowest], 'attention/masked');
      const shares = node('Softmax', [masked], 'attention/shares', { axis: { int: -1 } });
      const mixed = node('MatMul', [shares, grouped(v, 'values', 1, rows)], 'attention/mixed');
      const tokens = node('Transpose', [mixed], 'attention/tokens', { perm: { ints: [0, 3, 1, 2, 4] } });
      return { name: reshape(tokens, 'attention', -1, q.cols), cols: q.cols };
    },

    gate(gate, up) {
      const silu = node('Mul', [gate.name, node('Sigmoid', [gate.name], 'gate/sigmoid')], 'gate/silu');
      return { name: node('Mul', [silu, up.name], 'gate'), cols: up.cols };
    },
  };
}

/** Cosines and sines of position · frequency, [length, 1, size / 2] each, worked out in float64: the same for every head. */
function rotation(draft: GraphDraft, rule: RotaryRule, length: number): [cosines: string, sines: string] {
  const frequencies = rotaryFrequencies(rule.rope, rule.size, length);
  const half = frequencies.length;
  const table = (name: string, of: (angle: number) => number) =>
    draft.once(`${name} ${JSON.stringify(rule)}`, () => {
      const values = new Float32Array(length * half);
      for (let at = 0; at < values.length; at++) {
        values[at] = of(Math.floor(at / half) * (frequencies[at % half] as number));
      }
      return draft.constant(name, 'float32', [length, 1, half], values);
    });
  return [table('cosines', Math.cos), table('sines', Math.sin)];
}

/** Whether a query sees a key, [length, length] of booleans: worked out by the runtime, for a table would be length² large. */
function visible(draft: GraphDraft, window: number, length: number): string {
  const constant = (name: string, shape: readonly number[], values: Int32Array<ArrayBuffer>) =>
    draft.once(`${name} ${values.join()}`, () => draft.constant(name, 'int32', shape, values));
  const positions = () => Int32Array.from({ length }, (_, i) => i);
  // A window of all that there is hides nothing; an infinite one has no number.
  const seen = Math.min(window, length);
  return draft.once(`visible ${seen}`, () => {
    const queries = constant('mask/queries', [length, 1], positions());
    const keys = constant('mask/keys', [1, length], positions());
    const causal = draft.node('GreaterOrEqual', [queries, keys], 'mask/causal');
    if (seen === length) return causal;
    const back = draft.node('Sub', [queries, keys], 'mask/back');
    const near = draft.node('Less', [back, constant('mask/window', [], Int32Array.of(seen))], 'mask/near');
    return draft.node('And', [causal, near], 'mask/visible');
  });
}
