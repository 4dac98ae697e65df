/** What can be asked of a checkpoint without a run: its card, and the logits of a few ids. */
import type { Checkpoint } from '../formats/checkpoint';
import type { Gpu } from '../gpu/gpu';
import type { CheckpointCard, HeaderCard, ModelCard } from '../model/card';
import { describeHeaders, type AdapterLimits } from '../model/describeModel';
import { describeTensors } from '../model/describeTensors';
import { modelLogits } from '../model/modelLogits';
import { openModel } from '../model/openModel';
import { FormatError, isBitcurveError } from '../util/errors';

/**
 * From headers, tokenizer and the fingerprint's samples. Without limits nothing is too big. `onHeaders` gets what the headers tell, at
 * once: a tokenizer of 50 000 tokens takes seconds on a slow machine. One that cannot be had is a remark and no error: the weights are
 * still good for logits. It is read now, so that a run does not end on it later.
 */
export async function inspect(
  checkpoint: Checkpoint,
  limits: AdapterLimits = {},
  onHeaders: (card: HeaderCard) => void = () => {},
): Promise<ModelCard> {
  const card = await describeHeaders(checkpoint, limits);
  onHeaders(card);
  // Together: the samples are waited for, the tokenizer is computed.
  const [fingerprint, remark] = await Promise.all([checkpoint.fingerprint(), tokenizerRemark(checkpoint)]);
  return { ...card, fingerprint, ...(remark === null ? {} : { remarks: [remark] }) };
}

/**
 * The same of a checkpoint that may be no model here: then what its tensors tell, and why. A FormatError where it has no tensors either,
 * and a FetchError as before.
 */
export async function inspectAny(checkpoint: Checkpoint, ...rest: Tail<typeof inspect>): Promise<CheckpointCard> {
  try {
    return await inspect(checkpoint, ...rest);
  } catch (error) {
    if (!(error instanceof FormatError) || checkpoint.tensors.size === 0) throw error;
    return describeTensors(checkpoint, error.message);
  }
}

type Tail<F> = F extends (first: never, ...rest: infer R) => unknown ? R : never;

/** Why no text can be evaluated; null when the tokenizer is sound. */
async function tokenizerRemark(checkpoint: Checkpoint): Promise<string | null> {
  try {
    await checkpoint.tokenizer();
    return null;
  } catch (error) {
    if (!isBitcurveError(error)) throw error;
    return `no text can be evaluated: ${error.message}`;
  }
}

/** Logits of `ids` as one window, row-major [ids, vocabulary], at full precision; `pixels` as modelLogits takes them. */
export async function logitsOf(
  gpu: Gpu,
  checkpoint: Checkpoint,
  ids: Uint32Array,
  pixels?: Float32Array,
): Promise<Float32Array<ArrayBuffer>> {
  return modelLogits(gpu, await openModel(gpu, checkpoint), ids, pixels);
}
