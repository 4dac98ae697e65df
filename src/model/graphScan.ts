/** The steps of state-space models in a graph: in operators of ONNX, where a scan is one that runs a small graph token by token. */
import type { GraphDraft } from '../formats/onnx/graphDraft';
import type { OnnxValue } from '../formats/onnx/onnxModel';
import type { Filters, ScanRule, Scanned, StepRule } from './steps';

/** Names of what the checkpoint holds. */
export interface FilterNames {
  readonly weight: string;
  readonly bias: string | null;
}

/** x [tokens, channels] through filters [channels, 1, taps], in windows of `length` tokens. */
export function convolution(
  draft: GraphDraft,
  { name, channels, taps }: Filters,
  { weight, bias }: FilterNames,
  x: string,
  length: number,
): string {
  const node = draft.node.bind(draft);
  const reshape = (x: string, name: string, ...shape: readonly number[]) =>
    node('Reshape', [x, draft.integers('shape', shape)], name);
  const swap = { perm: { ints: [0, 2, 1] } };
  const windows = node('Transpose', [reshape(x, `${name}/windows`, -1, length, channels)], `${name}/channels`, swap);
  // Zeros before the first token, none behind the last.
  const attributes = { group: { int: channels }, pads: { ints: [taps - 1, 0] } };
  const made = node('Conv', [windows, weight, ...(bias === null ? [] : [bias])], `${name}/convolved`, attributes);
  return reshape(node('Transpose', [made], `${name}/tokens`, swap), name, -1, channels);
}

/**
 * softplus(x + bias) within limits, as shaders/nn/softplus.wgsl has it: the operator of that name takes the logarithm of 1 + exp(x), which has
 * lost the digits of small steps.
 */
export function stepSizes(draft: GraphDraft, { bias, low, high }: StepRule, stored: string, x: string): string {
  const node = draft.node.bind(draft);
  const scalar = draft.scalar.bind(draft);
  const at = (part: string) => `${bias.name}/${part}`;
  const v = node('Add', [x, stored], at('biased'));
  const e = node('Exp', [node('Neg', [node('Abs', [v], at('size'))], at('negative'))], at('exponential'));
  const s = node('Div', [e, node('Add', [e, scalar('two', 2)], at('above two'))], at('ratio'));
  const q = node('Mul', [s, s], at('square'));
  let sum = scalar('series', 1 / 15);
  for (let k = 13; k > 0; k -= 2) {
    sum = node('Add', [node('Mul', [sum, q], at(`power ${k}`)), scalar('series', 1 / k)], at(`sum ${k}`));
  }
  const twice = node('Mul', [s, scalar('two', 2)], at('twice'));
  const series = node('Mul', [twice, sum], at('series'));
  const y = node('Add', [node('Relu', [v], at('positive')), series], at('softplus'));
  const limits = [scalar('low', low), ...(high === Infinity ? [] : [scalar('high', high)])];
  return node('Clip', [y, ...limits], at('steps'));
}

/** `decays` and `through`: names of A_log and D. Returns [tokens, channels]. */
export function scan(
  draft: GraphDraft,
  { heads, groups, states, decays }: ScanRule,
  stored: { readonly decays: string; readonly through: string },
  { x, delta, b, c }: Scanned<string>,
  { channels, length }: { readonly channels: number; readonly length: number },
): string {
  const node = draft.node.bind(draft);
  const at = (part: string) => `${decays.name}/${part}`;
  const reshape = (x: string, name: string, ...shape: readonly number[]) =>
    node('Reshape', [x, draft.integers('shape', shape)], name);
  // A window is [length, groups, heads of a group, channels of a head, states], with 1 where something is the same for all.
  const [repeat, size] = [heads / groups, channels / heads];
  const place = {
    x: [groups, repeat, size, 1],
    delta: [groups, repeat, 1, 1],
    inner: [groups, 1, 1, states],
  };
  const inputs = [
    reshape(x, at('x'), -1, length, ...place.x),
    reshape(delta, at('delta'), -1, length, ...place.delta),
    reshape(b, at('B'), -1, length, ...place.inner),
    reshape(c, at('C'), -1, length, ...place.inner),
  ] as const;
  const rates = decays.shape.length === 1 ? 1 : states;
  const shaped = reshape(stored.decays, at('A_log'), groups, repeat, 1, rates);
  const rate = node('Neg', [node('Exp', [shaped], at('rates'))], at('A'));
  const first = node('Gather', [inputs[0], firstToken(draft)], at('first'), { axis: { int: 1 } });
  const none = node('Mul', [first, zeros(draft, states)], at('start'));

  const value = (name: string, shape: readonly number[]): OnnxValue => ({
    ...{ name: draft.name(at(name)), type: 'float32' },
    shape: ['windows', ...shape],
  });
  const state = [groups, repeat, size, states];
  const token = {
    state: value('state', state),
    x: value('token/x', place.x),
    delta: value('token/delta', place.delta),
    b: value('token/B', place.inner),
    c: value('token/C', place.inner),
  };
  const body = draft.within(at('token'), Object.values(token), () => {
    const fade = node('Exp', [node('Mul', [token.delta.name, rate], at('token/decay'))], at('token/factor'));
    const pushed = node('Mul', [token.delta.name, token.x.name], at('token/step'));
    const added = node('Mul', [pushed, token.b.name], at('token/added'));
    const kept = node('Mul', [fade, token.state.name], at('token/kept'));
    const next = node('Add', [kept, added], at('token/next'));
    const read = node('Mul', [next, token.c.name], at('token/read'));
    const y = node('ReduceSum', [read, draft.integers('axes', [-1])], at('token/y'), { keepdims: { int: 0 } });
    return [
      { name: next, type: 'float32', shape: ['windows', ...state] },
      { name: y, type: 'float32', shape: ['windows', groups, repeat, size] },
    ];
  });
  const [, scanned] = draft.split('Scan', [none, ...inputs], [at('end'), at('scanned')], {
    body: { graph: body },
    num_scan_inputs: { int: inputs.length },
    scan_input_axes: { ints: inputs.map(() => 1) },
    scan_output_axes: { ints: [1] },
  }) as [string, string];
  const passing = reshape(stored.through, at('D'), groups, repeat, 1, 1);
  const aside = node('Mul', [inputs[0], passing], at('passing'));
  const both = node('Add', [reshape(scanned, at('y'), -1, length, ...place.x), aside], at('sum'));
  return reshape(both, at('tokens'), -1, channels);
}

const firstToken = (draft: GraphDraft) =>
  draft.once('first', () => draft.constant('first', 'int32', [], Int32Array.of(0)));

const zeros = (draft: GraphDraft, states: number) =>
  draft.once(`zeros ${states}`, () => draft.constant('zeros', 'float32', [states], new Float32Array(states)));
