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
import type { Activation } from '../util/activation';
import { assert, present } from '../util/assert';
import { expertWeights } from './graphMixture';
import { convolution, scan, stepSizes } from './graphScan';
import { rotaryFrequencies, rotaryMagnitude, rotatedWidth } from './rotary';
import { sourceName, type Block, type Parameter, type RotaryRule, type Source, type Steps } from './steps';

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

  const scalar = draft.scalar.bind(draft);
  const activated = (act: Activation, x: string, name: string) => activation(draft, act, x, name);

  const parameter = ({ from, shape }: Parameter) => weight(from, shape);

  return {
    norm({ name, width, from, above, bias, run = width }, x, { kind, epsilon }) {
      const whole = run === x.cols;
      const runs = width / run;
      const rows = whole ? x.name : reshape(x.name, `${name}/heads`, -1, ...(runs === 1 ? [] : [runs]), run);
      const flat = from ? weight(from, [width]) : draft.once(`ones ${width}`, () => ones(draft, width));
      const stored = runs === 1 ? flat : reshape(flat, `${name}/runs`, runs, run);
      const gains = above === undefined ? stored : node('Add', [stored, scalar('above', above)], `${name}/gains`);
      const last = whole ? name : `${name}/gained`;
      let y: string;
      if (kind === 'layer') {
        const inputs = [rows, gains, ...(bias ? [weight(bias, [width])] : [])];
        y = node('LayerNormalization', inputs, last, { axis: { int: -1 }, epsilon: { float: epsilon } });
      } else {
        const square = node('Mul', [rows, rows], `${name}/square`);
        const mean = node('ReduceMean', [square, draft.integers('axes', [-1])], `${name}/mean`, {
          keepdims: { int: 1 },
        });
        const sum = node('Add', [mean, scalar('epsilon', epsilon)], `${name}/sum`);
        const unit = node('Div', [rows, node('Sqrt', [sum], `${name}/root`)], `${name}/unit`);
        y = node('Mul', [unit, gains], last);
      }
      return { name: whole ? y : reshape(y, name, -1, x.cols), cols: x.cols };
    },

    linear: (_, x, layers) =>
      layers.map(({ name, rows, from, bias }) => {
        // The weights stay [out, in], as they are stored.
        const inputs = [x.name, weight(from, [rows, x.cols]), ...(bias ? [weight(bias, [rows])] : [])];
        return { name: node('Gemm', inputs, name, { transB: { int: 1 } }), cols: rows };
      }),

    add(residual, x, factor = 1) {
      const added = factor === 1 ? x.name : node('Mul', [x.name, scalar('factor', factor)], 'branch');
      return { name: node('Add', [residual.name, added], 'stream'), cols: x.cols };
    },

    rotate(x, rule) {
      const { name, cols } = x;
      const { size, begin = 0 } = rule;
      const width = rotatedWidth(rule.rope, size - begin);
      const [cosines, sines] = rotation(draft, rule, width, length);
      const heads = reshape(name, `${name}/heads`, -1, length, cols / size, size);
      const axis = { axis: { int: -1 } };
      const sizes = [begin, width, size - begin - width];
      const whole = width === size;
      const parts = whole
        ? [heads]
        : draft.split(
            'Split',
            [
              heads,
              draft.integers(
                'parts',
                sizes.filter((n) => n > 0),
              ),
            ],
            sizes.flatMap((n, i) => (n > 0 ? [`${name}/part ${i}`] : [])),
            axis,
          );
      const at = begin > 0 ? 1 : 0;
      const turning = present(parts[at], 'what is rotated');
      const turned = turnedPairs(draft, turning, rule, [cosines, sines], name);
      const joined = whole ? turned : node('Concat', parts.with(at, turned), `${name}/joined`, axis);
      return { name: reshape(joined, `${name}/rotated`, -1, cols), cols };
    },

    joinHeads(own, rest, heads) {
      const [mine, all] = [own.cols / heads, rest.cols];
      const apart = reshape(own.name, `${own.name}/heads`, -1, heads, mine);
      const once = reshape(rest.name, `${rest.name}/rest`, -1, 1, all);
      const each = node('Expand', [once, draft.integers('shape', [1, heads, 1])], `${rest.name}/each`);
      const joined = node('Concat', [apart, each], `${own.name}/joined`, { axis: { int: -1 } });
      const cols = heads * (mine + all);
      return { name: reshape(joined, `${own.name}/whole`, -1, cols), cols };
    },

    attend(q, k, v, { heads, keyValueHeads, size, values = size, sees, scale = size ** -0.5, cap }) {
      const repeat = heads / keyValueHeads;
      /** [windows, groups, heads of a group, …]: a group's keys and values are read by each of its heads. */
      const grouped = (x: Named, name: string, heads: number, width: number, perm: readonly number[]) => {
        const split = reshape(x.name, `attention/${name}/heads`, -1, length, keyValueHeads, heads, width);
        return node('Transpose', [split], `attention/${name}`, { perm: { ints: perm } });
      };
      const rows = [0, 2, 3, 1, 4];
      const queries = grouped(q, 'queries', repeat, size, rows);
      const scaled = node('Mul', [queries, scalar('scale', scale)], 'attention/scaled');
      const keys = grouped(k, 'keys', 1, size, [0, 2, 3, 4, 1]);
      const products = node('MatMul', [scaled, keys], 'attention/scores');
      const scores = cap === undefined ? products : capped(draft, products, cap, 'attention/capped');
      let masked = scores;
      if (sees !== 'all') {
        const lowest = scalar('lowest', lowestFloat);
        masked = node('Where', [visible(draft, sees, length), scores, lowest], 'attention/masked');
      }
      const shares = node('Softmax', [masked], 'attention/shares', { axis: { int: -1 } });
      const mixed = node('MatMul', [shares, grouped(v, 'values', 1, values, rows)], 'attention/mixed');
      const tokens = node('Transpose', [mixed], 'attention/tokens', { perm: { ints: [0, 3, 1, 2, 4] } });
      return { name: reshape(tokens, 'attention', -1, heads * values), cols: heads * values };
    },

    activate: (act, x) => ({ name: activated(act, x.name, x.name), cols: x.cols }),

    gate(act, gate, up) {
      return { name: node('Mul', [activated(act, gate.name, 'gate'), up.name], 'gate'), cols: up.cols };
    },

    convolve(filters, x) {
      const { channels, taps, from, bias } = filters;
      const names = { weight: weight(from, [channels, 1, taps]), bias: bias ? weight(bias, [channels]) : null };
      return { name: convolution(draft, filters, names, x.name, length), cols: channels };
    },

    softplus: (rule, x) => ({ name: stepSizes(draft, rule, parameter(rule.bias), x.name), cols: x.cols }),

    scan(rule, { x, delta, b, c }) {
      const stored = { decays: parameter(rule.decays), through: parameter(rule.through) };
      const names = { x: x.name, delta: delta.name, b: b.name, c: c.name };
      return { name: scan(draft, rule, stored, names, { channels: x.cols, length }), cols: x.cols };
    },

    async mixture(rule, router, x, expert) {
      let sum: string | null = null;
      for (const [e, weight] of expertWeights(draft, router.name, rule).entries()) {
        const made = await expert(e, x);
        const share = node('Mul', [made.name, weight], `expert.${e}/share`);
        sum = sum === null ? share : node('Add', [sum, share], 'mixture');
      }
      return { name: present(sum, 'an expert'), cols: x.cols };
    },

    weigh: (x, gate) => ({
      name: node('Mul', [x.name, node('Sigmoid', [gate.name], 'weigh/sigmoid')], 'weigh'),
      cols: x.cols,
    }),

    clamp(x, limit) {
      const limits = [draft.scalar('least', -limit), draft.scalar('most', limit)];
      return { name: node('Clip', [x.name, ...limits], `${x.name}/clamped`), cols: x.cols };
    },
  };
}

const ones = (draft: GraphDraft, width: number) =>
  draft.constant('ones', 'float32', [width], new Float32Array(width).fill(1));

/** cap · tanh(x / cap). */
function capped(draft: GraphDraft, x: string, cap: number, name: string): string {
  const size = draft.scalar('cap', cap);
  return draft.node(
    'Mul',
    [draft.node('Tanh', [draft.node('Div', [x, size], `${name}/part`)], `${name}/tanh`), size],
    name,
  );
}

/** Halves, or neighbours, of the last dimension turned: (a cos − b sin, b cos + a sin). */
function turnedPairs(
  draft: GraphDraft,
  x: string,
  { rope, size, begin = 0 }: RotaryRule,
  [cosines, sines]: readonly [string, string],
  name: string,
): string {
  const node = draft.node.bind(draft);
  const half = rotatedWidth(rope, size - begin) / 2;
  const neighbours = rope.pairs === 'neighbours';
  const axis = { axis: { int: -1 } };
  // Neighbours are two columns of [half, 2], each a half as wide as the whole.
  const pairs = neighbours ? node('Reshape', [x, draft.integers('shape', [0, 0, 0, half, 2])], `${name}/pairs`) : x;
  const [first, second] = draft.split('Split', [pairs], [`${name}/a`, `${name}/b`], {
    ...axis,
    num_outputs: { int: 2 },
  }) as [string, string];
  const flat = (part: string, as: string) =>
    neighbours ? node('Squeeze', [part, draft.integers('axes', [-1])], `${name}/${as}`) : part;
  const [a, b] = [flat(first, 'left'), flat(second, 'right')];
  const product = (part: string, table: string) => node('Mul', [part, table], `${part}/${table}`);
  const turned = [
    node('Sub', [product(a, cosines), product(b, sines)], `${name}/first`),
    node('Add', [product(b, cosines), product(a, sines)], `${name}/second`),
  ];
  if (!neighbours) return node('Concat', turned, `${name}/turned`, axis);
  const apart = turned.map((part, i) => node('Unsqueeze', [part, draft.integers('axes', [-1])], `${name}/column ${i}`));
  const together = node('Concat', apart, `${name}/columns`, axis);
  return node('Reshape', [together, draft.integers('shape', [0, 0, 0, 2 * half])], `${name}/turned`);
}

function activation(draft: GraphDraft, act: Activation, x: string, within: string): string {
  const result = `${within}/${act}`;
  const node = draft.node.bind(draft);
  const scalar = draft.scalar.bind(draft);
  const swish = (inner: string) => node('Mul', [x, node('Sigmoid', [inner], `${within}/sigmoid`)], result);
  /** x (1 + share) / 2. */
  const halved = (share: string) => {
    const sum = node('Add', [share, scalar('one', 1)], `${within}/sum`);
    return node('Mul', [node('Mul', [x, scalar('half', 0.5)], `${within}/half`), sum], result);
  };
  switch (act) {
    case 'silu':
      return swish(x);
    case 'quick-gelu':
      return swish(node('Mul', [x, scalar('steepness', 1.702)], `${within}/steep`));
    case 'relu':
      return node('Relu', [x], result);
    case 'gelu':
      return halved(node('Erf', [node('Mul', [x, scalar('root', Math.SQRT1_2)], `${within}/scaled`)], `${within}/erf`));
    case 'gelu-tanh': {
      const cube = node('Mul', [node('Mul', [x, x], `${within}/square`), x], `${within}/cube`);
      const bent = node('Add', [x, node('Mul', [cube, scalar('bend', 0.044715)], `${within}/bend`)], `${within}/bent`);
      const scaled = node('Mul', [bent, scalar('root', Math.sqrt(2 / Math.PI))], `${within}/scaled`);
      return halved(node('Tanh', [scaled], `${within}/tanh`));
    }
  }
}

/** Cosines and sines of position · frequency, [length, 1, width / 2] each, worked out in float64: the same for every head. */
function rotation(
  draft: GraphDraft,
  rule: RotaryRule,
  width: number,
  length: number,
): [cosines: string, sines: string] {
  const frequencies = rotaryFrequencies(rule.rope, width, length);
  const magnitude = rotaryMagnitude(rule.rope);
  const half = frequencies.length;
  const table = (name: string, of: (angle: number) => number) =>
    draft.once(`${name} ${JSON.stringify(rule)}`, () => {
      const values = new Float32Array(length * half);
      for (let at = 0; at < values.length; at++) {
        values[at] = magnitude * of(Math.floor(at / half) * (frequencies[at % half] as number));
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
