/** The kernels of the matrix product: tile shapes × ways to read the right factor. All give the same bits; see matmul.ts. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import store from '../../shaders/lib/matmul_tile.wgsl?raw';
import tile from '../../shaders/lib/tile.wgsl?raw';
import bf16 from '../../shaders/lib/weights_bf16.wgsl?raw';
import f16 from '../../shaders/lib/weights_f16.wgsl?raw';
import f32 from '../../shaders/lib/weights_f32.wgsl?raw';
import plain from '../../shaders/lib/weights_plain.wgsl?raw';
import code16x8 from '../../shaders/linalg/matmul_16x8.wgsl?raw';
import code4x4 from '../../shaders/linalg/matmul_4x4.wgsl?raw';
import code8x8 from '../../shaders/linalg/matmul_8x8.wgsl?raw';
import codeShared from '../../shaders/linalg/matmul_shared.wgsl?raw';
import { defineKernel } from '../gpu/kernel';

/** How the right factor is stored: [n, k] of this type, or [k, n] f32. */
export type Layout = 'f32' | 'f16' | 'bf16' | 'plain';
export const layouts: readonly Layout[] = ['f32', 'f16', 'bf16', 'plain'];

const sources: Readonly<Record<Layout, string>> = { f32, f16, bf16, plain };

function defineTile(
  name: string,
  code: string,
  shape: { readonly rows: number; readonly cols: number; readonly outputs: number; readonly perGroup: number },
) {
  const kernel = (layout: Layout) =>
    defineKernel({
      name,
      code,
      lib: [store, sources[layout], tile, grid],
      bindings: { a: 'read', b: 'read', c: 'readWrite' },
      params: {
        m: 'u32',
        n: 'u32',
        k: 'u32',
        ldc: 'u32',
        first_tile: 'u32',
        first_col: 'u32',
        alpha: 'f32',
        accumulate: 'u32',
        outputs: 'u32',
      },
    });
  return {
    ...shape,
    kernels: { f32: kernel('f32'), f16: kernel('f16'), bf16: kernel('bf16'), plain: kernel('plain') },
  };
}

/**
 * rows × cols of C in a tile; elements that one invocation stores; tiles in a workgroup. 16 invocations fill two vectors of a
 * software adapter and still spread small products over its cores; a GPU is given the tile with workgroup memory as well.
 */
export const tiles = {
  '4x4': defineTile('matmul_4x4', code4x4, { rows: 4, cols: 4, outputs: 16, perGroup: 16 }),
  '8x8': defineTile('matmul_8x8', code8x8, { rows: 8, cols: 8, outputs: 64, perGroup: 16 }),
  '16x8': defineTile('matmul_16x8', code16x8, { rows: 16, cols: 8, outputs: 128, perGroup: 16 }),
  shared: defineTile('matmul_shared', codeShared, { rows: 64, cols: 64, outputs: 16, perGroup: 1 }),
} as const;

export type TileName = keyof typeof tiles;
/** A tile, or for 16-bit weights: as f32 first, by the tile of f32. Worth it where unpacking is dear and each weight serves many rows. */
export type Way = TileName | 'unpacked';

/** Ways that are there for weights stored so. */
export const waysOf = (layout: Layout): readonly Way[] =>
  layout === 'f16' || layout === 'bf16' ? [...tileNames, 'unpacked'] : tileNames;
export const tileNames = Object.keys(tiles) as readonly TileName[];
