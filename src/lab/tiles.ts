/**
 * The matrix product's tiles, chosen by measurement before a run and remembered between visits. Changes speed only: all tiles give
 * the same bits (tensor/tuning.ts).
 */
import type { Checkpoint } from '../formats/checkpoint';
import type { Gpu } from '../gpu/gpu';
import { tuneMatmul, tunedShapes, adoptTunedShapes } from '../tensor/tuning';

/** Bytes of a remembered choice: some hundred. More is not one. */
const longest = 10_000;

const stored = { F64: 'f32', F32: 'f32', F16: 'f16', BF16: 'bf16' } as const;

/** Measures, unless known, what products with this checkpoint's weights and with quantized ones (f32) like best. */
export function chooseTiles(gpu: Gpu, checkpoint: Pick<Checkpoint, 'tensors'>, signal: AbortSignal): Promise<void> {
  const types = [...checkpoint.tensors.values()].map(({ type }) => stored[type]);
  return tuneMatmul(gpu, [...new Set(['f32' as const, ...types])], signal);
}

/** What was chosen so far, as text to remember. */
export function rememberedTiles(gpu: Gpu): string {
  return JSON.stringify(tunedShapes(gpu));
}

/** Takes over what an earlier visit chose on this adapter; anything else is passed over, and measured again. */
export function recallTiles(gpu: Gpu, text: string): void {
  if (text.length > longest) return;
  try {
    adoptTunedShapes(gpu, JSON.parse(text));
  } catch {
    // Not JSON: a file that was cut off. Measuring again costs a second.
  }
}
