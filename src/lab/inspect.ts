/** What can be asked of a checkpoint without a run: its card, and the logits of a few ids. */
import type { Checkpoint } from '../formats/checkpoint';
import type { Gpu } from '../gpu/gpu';
import type { ModelCard } from '../model/card';
import { describeModel, type AdapterLimits } from '../model/describeModel';
import { modelLogits } from '../model/modelLogits';
import { openModel } from '../model/openModel';

/** From headers alone. Without limits nothing is too big. */
export function inspect(checkpoint: Checkpoint, limits: AdapterLimits = {}): Promise<ModelCard> {
  return describeModel(checkpoint, limits);
}

/** Logits of `ids` as one window, row-major [ids, vocabulary], at full precision. */
export async function logitsOf(gpu: Gpu, checkpoint: Checkpoint, ids: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
  return modelLogits(gpu, await openModel(gpu, checkpoint), ids);
}
