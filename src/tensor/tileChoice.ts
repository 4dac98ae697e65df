/** The way that a product takes: the measured one (tuning.ts), else one measured for weights stored otherwise, else a sound default. */
import type { Gpu } from '../gpu/gpu';
import { waysOf, type Layout, type TileName, type Way } from './matmulTiles';

const devices = new WeakMap<Gpu, Map<Layout, Way>>();

/** The measured choices of this device; empty until tuned. */
export function chosenTiles(gpu: Gpu): Map<Layout, Way> {
  let chosen = devices.get(gpu);
  if (!chosen) {
    chosen = new Map<Layout, Way>();
    devices.set(gpu, chosen);
  }
  return chosen;
}

/** Rows from which a weight is used often enough to be unpacked first. */
const unpackedRows = 64;

/** Small products take the small tile, or most of a big one would be idle and few cores busy; others the measured way. */
export function wayFor(gpu: Gpu, layout: Layout, m: number, n: number): Way {
  const measured = chosenTiles(gpu);
  // Ways of storing differ by an unpacking; what makes a tile fast on an adapter is much the same.
  const fitting = [measured.get(layout), ...measured.values()].find((way) => way && waysOf(layout).includes(way));
  return fitting === 'unpacked' ? (m < unpackedRows ? floatTile(gpu, m, n) : fitting) : tileWithin(fitting, m, n);
}

/** The tile of a product of f32 matrices, weights [n, k]. */
export function floatTile(gpu: Gpu, m: number, n: number): TileName {
  const measured = chosenTiles(gpu).get('f32');
  return tileWithin(measured === 'unpacked' ? undefined : measured, m, n);
}

/** The tile, or a smaller one for a product that would leave most of it idle. */
function tileWithin(chosen: TileName = '8x8', m: number, n: number): TileName {
  if (m <= 4 || n <= 4 || m * n <= 32 * 32) return '4x4';
  // Below 16 tiles of 64 × 64 a GPU is mostly empty; below 12 rows or 64 × 128 outputs the tall tile wastes its height.
  if ((chosen === 'shared' && m * n < 256 * 256) || (chosen === '16x8' && (m < 12 || m * n < 64 * 128))) return '8x8';
  return chosen;
}
