/**
 * How far a changed model is from the model: one window goes through both, block by block. In exact arithmetic a change that neighbours take
 * leaves nothing: what is left then is float32 rounding.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Head, Model, OpenBlock } from '../model/model';
import { readMatrix, rowRange, uploadMatrix, type Matrix } from '../tensor/matrix';
import { assert } from '../util/assert';

/** What is changed; memory is the given scope's. */
export interface Change {
  /** States before the first block, from the model's own: another matrix, and so behind the last block. */
  readonly start: (scope: Scope, plain: Matrix) => Matrix;
  /** The block is opened for this alone: its vectors may be written over. */
  readonly block: (scope: Scope, block: OpenBlock) => Promise<OpenBlock>;
  readonly end: (scope: Scope, changed: Matrix) => Matrix;
}

/** Nats a token. Float32 rounding alone gave at most 1.2e-11 (tiny models, the demo); a value bias left unrotated gave 4. */
export const mostKld = 1e-5;

/** Mean KL divergence of the changed model from the model, nats a token, over all ids of the window but its first. `head`: the model's own. */
export async function divergenceOf(
  gpu: Gpu,
  model: Model,
  ids: Uint32Array,
  change: Change,
  { head, signal }: { readonly head: Head; readonly signal: AbortSignal },
): Promise<number> {
  assert(ids.length >= 2 && ids.length <= model.maxTokens, `a window of ${ids.length} ids`);
  using scope = gpu.scope('changed model');
  let plain = await model.embed(scope, ids, ids.length);
  let changed = change.start(scope, plain);
  const batch = { windows: 1, length: ids.length };
  for (let index = 0; index < model.blockCount; index++) {
    using opened = gpu.scope('changed block');
    const block = await model.openBlock(opened, index);
    const next = await model.forward(scope, block, plain, batch);
    const other = await model.forward(scope, await change.block(opened, block), changed, batch);
    for (const { view: old } of [plain, changed]) scope.free(old.buffer);
    [plain, changed] = [next, other];
    await gpu.pace(signal);
  }
  const back = change.end(scope, changed);
  const scored = ids.length - 1;
  const targets = uploadMatrix(scope, ids.slice(1), scored, 1, 'targets');
  const { kld } = head.compare(scope, rowRange(plain, 0, scored), rowRange(back, 0, scored), targets);
  return (await readMatrix(gpu, kld)).reduce((sum, v) => sum + v, 0) / scored;
}
