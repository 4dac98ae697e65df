/** AWQ's scales and clip search against their float64 twin, on the widths of real models: tables in two tiers. */
import { expect, it } from 'vitest';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { Neighbours } from '../../src/quant/problem';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { roundAwq, searchScales } from '../../src/reference/awq';
import { uploadMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { ofTier, type Tier } from '../tiers';
import { hostLoss, makeProblem, testContext, upload } from './fixture';

/** What takes the inverse of the scales: they are stored nowhere, and are not rounded. */
export const around = (rows: number): { readonly neighbours: Neighbours } => ({
  neighbours: { input: { kind: 'channels' }, outputs: [{ kind: 'fixed', rows }] },
});

/** Mean |x| of normal inputs with this H. */
export const magnitudeOf = (H: Float32Array, cols: number) =>
  Float32Array.from({ length: cols }, (_, j) => Math.sqrt(((H[j * (cols + 1)] as number) * 2) / Math.PI));

export function testScales(tier: Tier): void {
  const table = [
    [40, 172, 2, 64],
    [24, 576, 3, 128],
    [16, 960, 4, null],
    [16, 896, 3, 32],
    [8, 1376, 2, 128],
  ] as const;
  for (const [rows, cols, bits, group] of ofTier(tier, table, ([, cols]) => cols < 800)) {
    it(`${rows}×${cols} ${bits} bits ${group ?? 'row'}: both formulas choose as the twin, and lose as little`, async () => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const problem = makeProblem(createRng(21), rows, cols, { causes: 12 });
      const magnitude = magnitudeOf(problem.H, cols);
      const posed = {
        ...upload(scope, problem),
        ...around(rows),
        magnitude: uploadMatrix(scope, magnitude, 1, cols, 'mean |x|'),
      };
      for (const formula of ['llm-awq', 'AutoAWQ'] as const) {
        const recipe = recipeOf({
          transform: [{ name: 'scale', formula }],
          grid: { name: 'awq', bits, group, clip: false },
          rounding: { name: 'nearest' },
        });
        const solved = await solveLayer(posed, recipe, testContext(gpu, scope));
        const want = searchScales(
          { ...problem, magnitude },
          (W) => roundAwq(W, rows, cols, bits, group),
          formula,
          group,
        );
        const least = Math.min(...want.losses);
        expect(Math.abs((solved.loss ?? NaN) / least - 1)).toBeLessThan(1e-3);
        const chosen = want.scales[want.losses.indexOf(least)] as Float64Array;
        const kept = solved.stored.kept[0] as Float32Array;
        expect(Math.max(...kept.map((s, j) => Math.abs(s / (chosen[j] as number) - 1)))).toBeLessThan(1e-4);
        expect(least).toBeLessThanOrEqual(want.losses[0] as number);
      }
    });
  }
}

export function testClipSearch(tier: Tier): void {
  const table = [
    [172, 2, 32],
    [576, 3, 128],
    [896, 4, 64],
    [960, 3, null],
  ] as const;
  for (const [cols, bits, group] of ofTier(tier, table, ([cols]) => cols < 800)) {
    it(`${cols} columns ${bits} bits ${group ?? 'row'}: the clip search loses what the twin loses`, async () => {
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const problem = makeProblem(createRng(24), 6, cols, { causes: 12 });
      for (const clip of [false, true]) {
        const recipe = recipeOf({ grid: { name: 'awq', bits, group, clip }, rounding: { name: 'nearest' } });
        const { loss } = await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope));
        const want = roundAwq(problem.W, 6, cols, bits, group, clip ? problem.H : undefined);
        expect(Math.abs((loss ?? NaN) / hostLoss(problem, want) - 1)).toBeLessThan(1e-3);
      }
    });
  }
}
