/** Logits of one window, whole: for the command line and tests. Evaluation never does this (head.ts). */
import type { Gpu } from '../gpu/gpu';
import { readMatrix, type Matrix } from '../tensor/matrix';
import type { Model } from './model';

/** Logits of `ids` as one window, row-major [ids, vocabulary], through blocks that are opened one after another. */
export async function modelLogits(gpu: Gpu, model: Model, ids: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
  using scope = gpu.scope('model logits');
  const batch = { windows: 1, length: ids.length };
  let hidden = await model.embed(scope, ids, ids.length);
  for (let index = 0; index < model.blockCount; index++) {
    using local = gpu.scope(`block ${index}`);
    const block = await model.openBlock(local, index);
    const next: Matrix = await model.forward(scope, block, hidden, batch);
    scope.free(hidden.view.buffer);
    hidden = next;
    await gpu.pace();
  }
  const head = await model.openHead(scope);
  return await readMatrix(gpu, head.logits(scope, hidden));
}
