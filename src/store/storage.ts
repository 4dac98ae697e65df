/** What a model weighs when its linear layers take `bitsPerWeight`: the arithmetic behind the chart's x axes, before the engine's own. */
import type { Size } from '../log/events';
import type { HeaderCard } from '../model/card';

/**
 * Linear layers at `width` bits; those that usually stay, and everything else, as stored, at the checkpoint's mean bits per parameter. Bits per
 * weight are over the layers that stay too, as the engine counts them.
 */
export function storage(
  { bytes, parameters, linearParameters, stayingParameters = 0 }: HeaderCard,
  width: number,
): Size {
  const storedBits = (8 * bytes) / parameters;
  const rounded = (linearParameters - stayingParameters) * width;
  const linear = rounded + stayingParameters * storedBits;
  const all = rounded + (parameters - linearParameters + stayingParameters) * storedBits;
  return { bitsPerWeight: linear / linearParameters, bitsPerWeightAll: all / parameters, megabytes: all / 8e6 };
}
