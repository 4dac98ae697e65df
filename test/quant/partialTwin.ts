/** PB-LLM against the float64 twin, mask, values, walk and storage: a table in two tiers. */
import { expect, it } from 'vitest';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid } from '../../src/quant/solve/pieces';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { writeStorage } from '../../src/quant/storage';
import { partial } from '../../src/reference/partial';
import { inverseFactor } from '../../src/reference/walk';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { ofTier, type Tier } from '../tiers';
import { hostLoss, makeProblem, testContext, upload } from './fixture';

export function testPartial(tier: Tier): void {
  const table = [
    [24, 172, 0.9],
    [12, 576, 0.714],
    [8, 960, 0.571],
  ] as const;
  for (const [rows, cols, share] of ofTier(tier, table, ([, cols]) => cols < 900)) {
    it(`${rows}×${cols}, ${share} binary`, async () => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const problem = makeProblem(createRng(31), rows, cols, { causes: 12 });
      const inverse = inverseFactor(problem.H, cols, 0.01);
      for (const statistics of ['corrected', 'published'] as const) {
        for (const salience of ['magnitude', 'hessian'] as const) {
          for (const rounding of ['nearest', 'compensate']) {
            // The twin's walk needs U; magnitude salience without it is tried with nearest alone.
            if (salience === 'magnitude' && rounding === 'compensate') continue;
            const recipe = recipeOf({
              grid: { name: 'partial', binary: share, salience, statistics },
              rounding: { name: rounding },
            });
            const solved = await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope));
            const want = partial(problem.W, rows, cols, {
              share,
              statistics,
              U: salience === 'hessian' ? inverse : null,
              compensate: rounding === 'compensate',
            });
            const got = await readMatrix(gpu, solved.What);
            const off = got.filter((v, i) => Math.abs(v - (want[i] as number)) > 1e-6).length;
            // A salience so near the threshold that float32 puts it on the other side, and in the walk what follows from that.
            const label = `${statistics} ${salience} ${rounding}: ${off}`;
            if (rounding === 'nearest') expect(off / got.length, label).toBeLessThanOrEqual(1e-3);
            expect(Math.abs((solved.loss ?? NaN) / hostLoss(problem, want) - 1), label).toBeLessThan(1e-3);

            const grid = makeGrid(recipe.grid, cols);
            const written = 8 * writeStorage(solved.stored, grid).length;
            expect(written - solved.bits).toBeGreaterThanOrEqual(0);
            // Mask and binary codes each fill their last byte.
            expect(written - solved.bits).toBeLessThan(16);
            const perWeight = 1 + share + 8 * (1 - share) + 56 / cols;
            expect(solved.bits / got.length / perWeight).toBeCloseTo(1, 2);
            const restored = await restoreLayer(solved.stored, recipe, { gpu, scope });
            expect(await readMatrix(gpu, restored)).toEqual(got);
          }
        }
      }
    });
  }
}
