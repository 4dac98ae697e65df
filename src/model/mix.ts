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
import type { RouteRule } from './steps';
import { tokensByExpert, type Routed } from './tokensByExpert';

/** Entries after which a list may begin: the 256 bytes that bindings need. */
const quantum = 64;

/** Its [rows, cols] → what it makes of them, [rows, cols]; `scope` owns both, and the expert frees the former. */
export type Expert = (e: number, rows: Matrix) => Promise<Matrix>;

/** logits [tokens, experts], x [tokens, cols], f32. Returns [tokens, cols], the scope's. */
export async function mix(
  gpu: Gpu,
  scope: Scope,
  rule: RouteRule,
  logits: Matrix,
  x: Matrix,
  expert: Expert,
): Promise<Matrix> {
  using local = gpu.scope('routes');
  const { chosen, weights } = route(gpu, local, logits, rule);
  const choice = new Uint32Array(await gpu.read(chosen.view));
  const lists = uploadLists(local, tokensByExpert(choice, rule.count, rule.experts));
  const y = zeroMatrix(scope, x.rows, x.cols, 'mixture');
  for (const [e, { tokens, choices }] of lists) {
    const made = await expert(e, gather(gpu, scope, x, tokens));
    combine(gpu, y, made, weights, choices);
    scope.free(made.view.buffer);
    // Submitting lets the next expert re-use the memory of this one.
    gpu.flush();
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
