/** Logits of one window, whole: for the command line and tests. Evaluation never does this (head.ts). */
import type { Gpu } from '../gpu/gpu';
import { readMatrix, type Matrix } from '../tensor/matrix';
import { FormatError } from '../util/errors';
import type { Model, Tower } from './model';

/**
 * Logits of `ids` as one window, row-major [ids, vocabulary], through blocks that are opened one after another. `pixels` are of the pictures that
 * stand among the ids, [pictures, 3, side, side]; FormatError where the model looks at none.
 */
export async function modelLogits(
  gpu: Gpu,
  model: Model,
  ids: Uint32Array,
  pixels?: Float32Array,
): Promise<Float32Array<ArrayBuffer>> {
  using scope = gpu.scope('model logits');
  const batch = { windows: 1, length: ids.length };
  const features = pixels && (await requireTower(model).look(scope, pixels));
  let hidden = await model.embed(scope, ids, ids.length, undefined, features);
  for (let index = 0; index < model.blockCount; index++) {
    using local = gpu.scope(`block ${index}`);
    // One pass asks for each expert once: none need stay.
    const block = await model.openBlock(local, index, 0);
    const next: Matrix = await model.forward(scope, block, hidden, batch);
    scope.free(hidden.view.buffer);
    hidden = next;
    await gpu.pace();
  }
  const head = await model.openHead(scope);
  return await readMatrix(gpu, head.logits(scope, hidden));
}

/** What the model looks at pictures with; FormatError where it looks at none. */
export function requireTower({ tower, card }: Model): Tower {
  if (tower) return tower;
  throw new FormatError(
    'no-tower',
    `${card.name} looks at no pictures: it is a ${card.architecture} model without a tower that the lab runs. Leave the pictures out, or open a model that looks at pictures.`,
    { found: card.architecture },
  );
}
