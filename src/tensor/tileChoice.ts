/** The tile that a product uses: the measured one (tuning.ts), else one measured for weights stored otherwise, else a sound default. */
import type { Gpu } from '../gpu/gpu';
import type { Layout, TileName } from './matmulTiles';

const devices = new WeakMap<Gpu, Map<Layout, TileName>>();

/** The measured choices of this device; empty until tuned. */
export function chosenTiles(gpu: Gpu): Map<Layout, TileName> {
  let chosen = devices.get(gpu);
  if (!chosen) {
    chosen = new Map<Layout, TileName>();
    devices.set(gpu, chosen);
  }
  return chosen;
}

/** Small products take the small tile, or most of a big one would be idle and few cores busy; others the measured one. */
export function tileFor(gpu: Gpu, layout: Layout, m: number, n: number): TileName {
  if (m <= 4 || n <= 4 || m * n <= 32 * 32) return '4x4';
  const measured = chosenTiles(gpu);
  // Ways of storing differ by an unpacking; what makes a tile fast on an adapter is much the same.
  const chosen = measured.get(layout) ?? [...measured.values()][0] ?? '8x8';
  // Below 16 tiles of 64 × 64 a GPU is mostly empty; below 12 rows or 64 × 128 outputs the tall tile wastes its height.
  if ((chosen === 'shared' && m * n < 256 * 256) || (chosen === '16x8' && (m < 12 || m * n < 64 * 128))) return '8x8';
  return chosen;
}
