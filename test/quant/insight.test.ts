/** What is told of a layer before and after its transforms. */
import { describe, expect, it } from 'vitest';
import { strengthHistogram } from '../../src/quant/solve/insight';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { choleskyUpper } from '../../src/reference/cholesky';
import { inverseUpper } from '../../src/reference/triangular';
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
    // An order changes nothing that is looked at; what was factored is told beside it.
    const { moment, ...alike } = three;
    expect(alike).toEqual(one);
    expect(moment?.inputs).toBe(171);
    const without = await solveLayer({ W: posed.W }, plain, testContext(gpu, scope));
    expect(without.insight.inputs).toBe(null);
  });

  it('sorts inputs by octaves about their mean', () => {
    // √H = 1/4, 1, 4: two octaves below the mean, at it, two above; a bin is half an octave.
    const counts = strengthHistogram([1 / 16, 1, 16, 0]);
    expect(counts.flatMap((n, bin) => (n ? [bin] : []))).toEqual([12, 16, 20]);
  });

  it('tells how many directions of H its tokens have filled, and its condition, as float64 finds them', async () => {
    const gpu = await testGpu();
    const cols = 64;
    const rng = createRng(43);
    const recipe = recipeOf({ grid: { name: 'uniform', bits: 3 }, rounding: { name: 'compensate', damping: 0.01 } });
    for (const [tokens, dead] of [
      [20, [3, 40]],
      [64, []],
      [1000, []],
    ] as const) {
      using scope = gpu.scope('test');
      const X = Array.from({ length: tokens }, () =>
        Float64Array.from({ length: cols }, (_, j) => ((dead as readonly number[]).includes(j) ? 0 : rng.normal())),
      );
      const H = Float32Array.from({ length: cols * cols }, (_, at) =>
        X.reduce((total, x) => total + ((x[Math.floor(at / cols)] as number) * (x[at % cols] as number)) / tokens, 0),
      );
      const W = Float32Array.from({ length: 8 * cols }, () => 0.02 * rng.normal());
      const { insight } = await solveLayer(upload(scope, { rows: 8, cols, W, H }), recipe, testContext(gpu, scope));
      // Dead inputs have a one on the diagonal, and are not counted.
      const living = H.map((h, at) => (at % (cols + 1) === 0 && h === 0 ? 1 : h));
      const R = choleskyUpper(living, cols, 0.01) ?? new Float64Array();
      const mean = living.reduce((total, h, at) => total + (at % (cols + 1) === 0 ? h / cols : 0), 0);
      const pivots = Array.from({ length: cols }, (_, j) => (R[j * (cols + 1)] as number) ** 2).filter(
        (_, j) => !(dead as readonly number[]).includes(j),
      );
      expect(insight.moment?.inputs).toBe(cols - dead.length);
      // tr(H (H + λ)⁻¹) over the living, in float64; the estimate is 32 probes', two deviations of which are some √(8 n / 32).
      const inverse = inverseUpper(R, cols);
      const trace = inverse.reduce((total, v) => total + v * v, 0) - dead.length / (1 + 0.01 * mean);
      const rank = cols - dead.length - 0.01 * mean * trace;
      expect(Math.abs((insight.moment?.rank ?? NaN) - rank)).toBeLessThan(2 * Math.sqrt(cols / 8) * (1 - rank / cols));
      expect(insight.moment?.rank).toBeLessThan(tokens + 1);
      expect((insight.moment?.condition ?? 0) / (Math.max(...pivots) / Math.min(...pivots))).toBeCloseTo(1, 3);
    }
    using scope = gpu.scope('test');
    const nearest = recipeOf({ grid: { name: 'uniform', bits: 3 }, rounding: { name: 'nearest' } });
    const plain = await solveLayer(upload(scope, makeProblem(rng, 8, cols)), nearest, testContext(gpu, scope));
    expect(plain.insight.moment).toBeUndefined();
  });
});
