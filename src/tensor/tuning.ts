/**
 * Which tile of the matrix product this adapter likes best: measured once per way of storing the right factor, remembered for the
 * life of the device, and given out as JSON so that the page can keep it. Changes speed only: all tiles give the same bits.
 */
import type { Gpu } from '../gpu/gpu';
import { matmulWith } from './matmul';
import { layouts, waysOf, type Layout, type Way } from './matmulTiles';
import { chosenTiles } from './tileChoice';
import { zeroMatrix, emptyMatrix } from './matrix';

/** What was measured, as plain JSON. Belongs to one adapter. */
export interface TunedShapes {
  readonly version: 1;
  readonly adapter: string;
  readonly tiles: Readonly<Partial<Record<Layout, Way>>>;
}

const adapterKey = ({ card }: Gpu) => [card.vendor, card.architecture, card.name].join(' / ');

/** Mesa's llvmpipe or SwiftShader: the processor plays the GPU, compiling is dear and workgroup memory is only a detour. */
export function isSoftware(gpu: Gpu): boolean {
  return /llvmpipe|lavapipe|swiftshader/i.test(adapterKey(gpu));
}

/**
 * Seconds spent on one way of storing after which no further candidate is compiled: the next one is larger and takes about twice as long, and the page
 * owes its first point within 10 s of pressing Run. A GPU's driver compiles faster and gains more.
 */
const budget = { software: 0.4, hardware: 2 };

/** Measured side: large enough to fill a GPU for some 0.1 ms, small enough for 10–30 ms on a software adapter. */
const side = { software: 192, hardware: 1024 };

/**
 * Measures the candidates for these storage types, unless they are known already, and remembers the fastest. Ends within about
 * 1.5 s on a software adapter. Safe to call at the start of every run.
 */
export async function tuneMatmul(gpu: Gpu, wanted: readonly Layout[], signal?: AbortSignal): Promise<void> {
  const software = isSoftware(gpu);
  const tiles: readonly Way[] = software ? ['8x8', '16x8'] : ['shared', '8x8', '4x4', '16x8'];
  const n = software ? side.software : side.hardware;
  const chosen = chosenTiles(gpu);
  await gpu.pace(signal);
  for (const layout of wanted) {
    if (chosen.has(layout)) continue;
    const start = performance.now();
    const spent = () => (performance.now() - start) / 1000;
    // Unpacking compiles quickly, and f32, which comes first, has compiled the rest.
    const candidates: readonly Way[] = layout === 'f16' || layout === 'bf16' ? ['unpacked', ...tiles] : tiles;
    using scope = gpu.scope('tuning');
    const a = zeroMatrix(scope, n, n, 'a');
    const b = { ...zeroMatrix(scope, n, n, 'b'), type: layout === 'plain' ? ('f32' as const) : layout };
    const c = emptyMatrix(scope, n, n, 'c');
    const time = async (tile: Way): Promise<number> => {
      const begin = performance.now();
      matmulWith(gpu, tile, a, b, c, { b: layout === 'plain' ? 'plain' : 'transposed' });
      await gpu.idle();
      return performance.now() - begin;
    };
    const best = new Map<Way, number>();
    for (const tile of candidates) {
      if (best.size > 0 && spent() > (software ? budget.software : budget.hardware)) break;
      await time(tile); // compiles
      best.set(tile, Infinity);
    }
    if (best.size < 2) continue;
    // Turn by turn, and the best of each: another load on the machine then hits all alike.
    for (let round = 0; round < 3; round++) {
      for (const tile of best.keys()) best.set(tile, Math.min(best.get(tile) as number, await time(tile)));
      await gpu.pace(signal);
    }
    const [winner] = [...best].reduce((x, y) => (y[1] < x[1] ? y : x));
    chosen.set(layout, winner);
  }
}

/** What has been measured or taken over so far. */
export function tunedShapes(gpu: Gpu): TunedShapes {
  return { version: 1, adapter: adapterKey(gpu), tiles: Object.fromEntries(chosenTiles(gpu)) };
}

/** Takes over an earlier measurement. Returns false, and changes nothing, when it is of another adapter or not one at all. */
export function adoptTunedShapes(gpu: Gpu, json: unknown): boolean {
  const shapes = json as Partial<TunedShapes> | null;
  if (typeof shapes !== 'object' || shapes?.version !== 1 || shapes.adapter !== adapterKey(gpu)) return false;
  const entries = Object.entries(shapes.tiles ?? {});
  const known = entries.every(
    ([layout, tile]) => layouts.includes(layout as Layout) && waysOf(layout as Layout).includes(tile),
  );
  if (!known) return false;
  for (const [layout, tile] of entries) chosenTiles(gpu).set(layout as Layout, tile);
  return true;
}
