/** What a model weighs when its linear layers take `bitsPerWeight`: the arithmetic behind the chart's x axes, before the engine's own. */
import type { HeaderCard } from '../model/card';

export interface Storage {
  readonly bitsPerWeight: number;
  readonly bitsPerWeightAll: number;
  /** 10⁶ bytes. */
  readonly megabytes: number;
}

/** Everything but the linear layers stays as stored, at the checkpoint's mean bits per parameter. */
export function storage(model: HeaderCard, bitsPerWeight: number): Storage {
  const storedBits = (8 * model.bytes) / model.parameters;
  const bits = model.linearParameters * bitsPerWeight + (model.parameters - model.linearParameters) * storedBits;
  return { bitsPerWeight, bitsPerWeightAll: bits / model.parameters, megabytes: bits / 8e6 };
}
