/** What can be asked of a checkpoint without a run: its card, and the logits of a few ids. */
import type { Checkpoint } from '../formats/checkpoint';
import type { Gpu } from '../gpu/gpu';
import type { ModelCard } from '../model/card';
import { describeModel, type AdapterLimits } from '../model/describeModel';
import { modelLogits } from '../model/modelLogits';
import { openModel } from '../model/openModel';
import { isBitcurveError } from '../util/errors';

/**
 * From headers and tokenizer alone. Without limits nothing is too big. A tokenizer that cannot be had is a remark and no error: the
 * weights are still good for logits. It is read now, up to 0.3 s, so that a run does not end on it later.
 */
export async function inspect(checkpoint: Checkpoint, limits: AdapterLimits = {}): Promise<ModelCard> {
  const card = await describeModel(checkpoint, limits);
  try {
    await checkpoint.tokenizer();
    return card;
  } catch (error) {
    if (!isBitcurveError(error)) throw error;
    return { ...card, remarks: [...(card.remarks ?? []), `no text can be evaluated: ${error.message}`] };
  }
}

/** Logits of `ids` as one window, row-major [ids, vocabulary], at full precision. */
export async function logitsOf(gpu: Gpu, checkpoint: Checkpoint, ids: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
  return modelLogits(gpu, await openModel(gpu, checkpoint), ids);
}
