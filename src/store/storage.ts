/** What a model weighs when its linear layers take `bitsPerWeight`: the arithmetic behind the chart's x axes, before the engine's own. */
import type { Size } from '../log/events';
import type { HeaderCard } from '../model/card';

/** Everything but the linear layers stays as stored, at the checkpoint's mean bits per parameter. */
export function storage(model: HeaderCard, bitsPerWeight: number): Size {
  const storedBits = (8 * model.bytes) / model.parameters;
  const bits = model.linearParameters * bitsPerWeight + (model.parameters - model.linearParameters) * storedBits;
  return { bitsPerWeight, bitsPerWeightAll: bits / model.parameters, megabytes: bits / 8e6 };
}
