/**
 * The experts of a block on the GPU. The choice is read back, once: which rows an expert has, and how many, sizes its products. Then expert
 * by expert its rows are gathered, worked on and added up, so that what one needs is free for the next.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { rowRange, uploadMatrix, zeroMatrix, type Matrix } from '../tensor/matrix';
import { combine } from '../tensor/nn/combine';
import { gather } from '../tensor/nn/gather';
import { route } from '../tensor/nn/route';
import type { Asked, Reach } from './model';
import type { RouteRule } from './steps';
import { tokensByExpert, type Routed } from './tokensByExpert';

/** Entries after which a list may begin: the 256 bytes that bindings need. */
const quantum = 64;

/** Its [rows, cols] → what it makes of them, [rows, cols]; `scope` owns both, and the expert frees the former. `reach`: see Reach. */
export type Expert = (e: number, rows: Matrix, reach: Reach) => Promise<Matrix>;

/** logits [tokens, experts], x [tokens, cols], f32. Returns [tokens, cols], the scope's. */
export async function mix(
  gpu: Gpu,
  scope: Scope,
  rule: RouteRule,
  logits: Matrix,
  x: Matrix,
  expert: Expert,
  { sample, experts, routed, signal }: Asked = {},
): Promise<Matrix> {
  using local = gpu.scope('routes');
  const { chosen, weights } = route(gpu, local, logits, rule);
  const choice = new Uint32Array(await gpu.read(chosen.view));
  routed?.(choice, rule.count);
  const runs = (e: number) => experts?.has(e) ?? true;
  const lists = uploadLists(local, tokensByExpert(choice, rule.count, rule.experts));
  const y = zeroMatrix(scope, x.rows, x.cols, 'mixture');
  for (const [e, { tokens, choices }] of lists) {
    if (!runs(e)) continue;
    const own = () => gather(gpu, local, { ...weights, rows: x.rows * rule.count, cols: 1 }, choices);
    const made = await expert(e, gather(gpu, scope, x, tokens), { kind: 'routed', weights: own });
    combine(gpu, y, made, weights, choices);
    scope.free(made.view.buffer);
    // Submitting lets the next expert re-use the memory of this one.
    gpu.flush();
    await gpu.pace(signal);
  }
  if (sample) {
    const count = Math.min(sample, x.rows);
    const ids = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * x.rows) / count));
    const spread = uploadMatrix(local, ids, count, 1, 'sample of tokens');
    for (let e = 0; e < rule.experts; e++) {
      if (!runs(e)) continue;
      const made = await expert(e, gather(gpu, scope, x, spread), { kind: 'sample' });
      scope.free(made.view.buffer);
      gpu.flush();
      await gpu.pace(signal);
    }
  }
  return y;
}

/** Of every expert with tokens, all in one buffer: an upload for each would be a submit for each. */
function uploadLists(
  scope: Scope,
  routed: readonly Routed[],
): readonly (readonly [e: number, lists: Readonly<Record<keyof Routed, Matrix>>])[] {
  const lengthOf = ({ tokens }: Routed) => Math.ceil(tokens.length / quantum) * quantum;
  const packed = new Uint32Array(2 * routed.reduce((sum, one) => sum + lengthOf(one), 0));
  const places: (readonly [e: number, begin: number, one: Routed])[] = [];
  let begin = 0;
  for (const [e, one] of routed.entries()) {
    if (!one.tokens.length) continue;
    packed.set(one.tokens, begin);
    packed.set(one.choices, begin + lengthOf(one));
    places.push([e, begin, one]);
    begin += 2 * lengthOf(one);
  }
  const all = uploadMatrix(scope, packed, packed.length, 1, 'tokens of experts');
  return places.map(([e, begin, one]) => {
    const list = (first: number) => rowRange(all, first, first + one.tokens.length);
    return [e, { tokens: list(begin), choices: list(begin + lengthOf(one)) }];
  });
}
