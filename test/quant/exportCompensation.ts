/** What compensation gains on the grids of export formats, and that a block keeps its parameters: tables in two tiers. */
import { describe, expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid } from '../../src/quant/solve/pieces';
import type { Piece } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { writeStorage } from '../../src/quant/storage';
import { blocks } from '../../src/reference/blocks/blocks';
import { readMatrix } from '../../src/tensor/matrix';
import { blockLayouts, readBlock } from '../../src/util/blockBytes';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { ofTier, type Tier } from '../tiers';
import { causedProblem, testContext, upload } from './fixture';

const grids: readonly Piece[] = [
  { name: 'q4_k' },
  { name: 'q4_0' },
  { name: 'iq4_nl' },
  { name: 'q3_k' },
  { name: 'hqq' },
  { name: 'hqq', bits: 3, group: 32 },
  { name: 'matmulnbits', bits: '4', symmetric: false },
  { name: 'q4f16_1' },
  { name: 'q4_k', importance: 'inputs' },
  { name: 'q4_0', importance: 'inputs' },
];

export function testCompensation(tier: Tier): void {
  describe('compensation on export grids', () => {
    const table = [
      [16, 172],
      [12, 512],
      [8, 576],
      [4, 896],
      [4, 960],
      [2, 1376],
    ] as const;
    for (const [rows, cols] of ofTier(tier, table, ([, cols]) => cols === 896 || cols === 960)) {
      it(`${rows}×${cols}: beats rounding to nearest, bytes as counted, restored exactly`, async () => {
        const gpu = await testGpu();
        using scope = gpu.scope('test');
        const { W, H } = upload(scope, causedProblem(createRng(7), rows, cols));
        const problem = { W, H, factors: FactorCache.of(scope) };
        for (const grid of cols > 576 ? grids.slice(0, 5) : grids) {
          const recipe = recipeOf({ grid, rounding: { name: 'compensate' } });
          const solved = await solveLayer(problem, recipe, testContext(gpu, scope));
          const label = JSON.stringify(grid);
          expect((solved.loss as number) / (solved.nearestLoss as number), label).toBeLessThan(0.8);
          const bytes = writeStorage(solved.stored, makeGrid(recipe.grid, cols));
          expect(8 * bytes.length - solved.bits, label).toBeLessThan(8);
          const restored = await restoreLayer(solved.stored, recipe, { gpu, scope });
          expect(await readMatrix(gpu, restored)).toEqual(await readMatrix(gpu, solved.What));
        }
      });
    }

    const formats = ['q4_k', 'q4_1', 'q6_k'] as const;
    it.each(ofTier(tier, formats, (name) => name !== 'q6_k'))(
      'keeps the parameters of each block with its columns in any column order: %s',
      async (name) => {
        const gpu = await testGpu();
        using scope = gpu.scope('test');
        const problem = causedProblem(createRng(7), 6, 512);
        for (const [order, groups] of [
          ['group-aware', 'dynamic'],
          ['activation', 'static'],
          ['activation', 'dynamic'],
        ] as const) {
          const recipe = recipeOf({
            transform: [{ name: 'permute', order }],
            grid: { name },
            rounding: { name: 'compensate', groups },
          });
          const { W, H } = upload(scope, problem);
          const solved = await solveLayer({ W, H }, recipe, testContext(gpu, scope));
          const label = `${name} ${order} ${groups}`;
          expect((solved.loss as number) / (solved.nearestLoss as number), label).toBeLessThan(0.9);
          // Only act-order with dynamic blocks scatters them: an index beside the blocks, which no file of the format has.
          const scattered = order === 'activation' && groups === 'dynamic';
          expect(solved.stored.groupOf !== null, label).toBe(scattered);
          expect(8 * writeStorage(solved.stored, makeGrid(recipe.grid, 512)).length, label).toBe(solved.bits);
          const restored = await restoreLayer(solved.stored, recipe, { gpu, scope });
          const What = await readMatrix(gpu, solved.What);
          expect(await readMatrix(gpu, restored)).toEqual(What);
          if (scattered) continue;
          // The bytes alone hold Ŵ.
          const bytes = writeStorage(solved.stored, makeGrid(recipe.grid, 512));
          const { columns, bytes: size } = blockLayouts[name];
          for (let i = 0; i * size < bytes.length; i++) {
            const { codes, parameters } = readBlock(name, bytes.subarray(i * size, (i + 1) * size));
            const values = blocks[name].dequantize(codes, parameters);
            // One rounding more or less where a product and a difference are fused.
            const off = values.filter((v, j) => Math.abs(v - (What[i * columns + j] as number)) > 1e-8);
            expect(off.length, label).toBe(0);
          }
        }
      },
    );
  });
}
