/** What is told of a layer before and after its transforms. */
import { describe, expect, it } from 'vitest';
import { strengthHistogram } from '../../src/quant/insight';
import { recipeOf } from '../../src/quant/parseRecipe';
import { solveLayer } from '../../src/quant/solve';
import { uploadMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { makeProblem, testContext, upload } from './fixture';

const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

describe('insight', () => {
  it('counts every weight and every living input, before and after', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(41), 16, 172, { dead: [3] });
    // One weight twenty deviations out.
    problem.W[5] = 0.4;
    const grid = { name: 'uniform', bits: 3 };
    const magnitude = Float32Array.from({ length: 172 }, (_, j) => Math.sqrt(problem.H[j * 173] as number));
    const posed = { ...upload(scope, problem), magnitude: uploadMatrix(scope, magnitude, 1, 172, 'mean |x|') };
    const plain = recipeOf({ grid, rounding: { name: 'nearest' } });
    const scaled = recipeOf({ grid, transform: [{ name: 'scale' }], rounding: { name: 'nearest' } });
    const ordered = recipeOf({ grid, transform: [{ name: 'permute' }], rounding: { name: 'compensate' } });
    const one = (await solveLayer(posed, plain, testContext(gpu, scope))).insight;
    const two = (await solveLayer(posed, scaled, testContext(gpu, scope))).insight;
    const three = (await solveLayer(posed, ordered, testContext(gpu, scope))).insight;
    expect(one.outliers.after).toBe(one.outliers.before);
    expect(one.outliers.before).toBeGreaterThan(15);
    expect(sum(one.weights.before)).toBe(16 * 172);
    expect(one.weights.before.at(-1)).toBeGreaterThanOrEqual(1);
    expect(sum(one.inputs?.before ?? [])).toBe(171);
    expect(two.weights.before).toEqual(one.weights.before);
    expect(two.weights.after).not.toEqual(one.weights.after);
    expect(sum(two.weights.after)).toBe(16 * 172);
    expect(three).toEqual(one);
    const without = await solveLayer({ W: posed.W }, plain, testContext(gpu, scope));
    expect(without.insight.inputs).toBe(null);
  });

  it('sorts inputs by octaves about their mean', () => {
    // √H = 1/4, 1, 4: two octaves below the mean, at it, two above; a bin is half an octave.
    const counts = strengthHistogram([1 / 16, 1, 16, 0]);
    expect(counts.flatMap((n, bin) => (n ? [bin] : []))).toEqual([12, 16, 20]);
  });
});
