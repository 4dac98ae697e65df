/** A matrix of zeros beside others in a site: what mixes the rows of the site leaves it zero, and the others as good as without it. */
import { describe, expect, it } from 'vitest';
import type { LayerProblem } from '../../src/quant/problem';
import { findMethod } from '../../src/quant/recipe/recipes';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { readMatrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { causedProblem, hostLoss, testContext, upload } from './fixture';

const [rows, cols, part] = [96, 64, 32];
const whole = causedProblem(createRng(61), rows, cols);
/** Queries are zero, or all three matrices of the site. */
const zeroed = (count: number) => ({ ...whole, W: whole.W.map((v, i) => (i < count * part * cols ? 0 : v)) });

describe('matrices of zeros under rotations of rows', () => {
  for (const name of ['quip', 'quip-gptq', 'quip-sharp', 'hadamard-gptq']) {
    it(name, async () => {
      const gpu = await testGpu();
      const recipe = present(findMethod(name)?.recipe(4, null), name);
      const solve = async (problem: typeof whole) => {
        using scope = gpu.scope('test');
        const outputs = Array.from({ length: 3 }, () => ({ kind: 'fixed' as const, rows: part }));
        const posed: LayerProblem = { ...upload(scope, problem), neighbours: { outputs } };
        const solved = await solveLayer(posed, recipe, testContext(gpu, scope));
        return await readMatrix(gpu, solved.What);
      };
      const What = await solve(zeroed(1));
      expect(What.subarray(0, part * cols).every((v) => v === 0)).toBe(true);
      const others = hostLoss(zeroed(1), What) / hostLoss(zeroed(1), new Float32Array(rows * cols));
      const ordinary = hostLoss(whole, await solve(whole)) / hostLoss(whole, new Float32Array(rows * cols));
      expect(others).toBeLessThan(2 * ordinary);
      expect((await solve(zeroed(3))).every((v) => v === 0)).toBe(true);
    });
  }
});
