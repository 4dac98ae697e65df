/** AWQ: scales and clip against the float64 twin and numpy's numbers; the laws of a change of scale. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid, makeTransform } from '../../src/quant/solve/pieces';
import type { Neighbours, QuantEvent } from '../../src/quant/problem';
import type { Recipe } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { candidateScales, tiedMagnitude } from '../../src/quant/transform/scale';
import { roundAwq, searchScales } from '../../src/reference/awq';
import { nearest } from '../../src/reference/nearest';
import { readMatrix, uploadMatrix, type Matrix } from '../../src/tensor/matrix';
import { totalProxyLoss } from '../../src/tensor/proxyLoss';
import { f16ToF32, f32ToF16 } from '../../src/util/halfFloat';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { hostLoss, makeProblem, testContext, upload } from './fixture';
import { around, magnitudeOf, testClipSearch, testScales } from './scaleTwin';

describe('activation-aware scales', () => {
  testScales('fast');

  it('do not change the layer or its proxy loss, and are restored bit for bit with any rounding', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(22), 40, 172);
    const cx = testContext(gpu, scope);
    const magnitude = uploadMatrix(scope, magnitudeOf(problem.H, 172), 1, 172, 'mean |x|');
    const posed = { ...upload(scope, problem), magnitude };
    const transform = makeTransform({ name: 'scale', formula: 'llm-awq' });
    const grid = makeGrid({ name: 'uniform', bits: 3, group: 32, symmetric: false, clip: 'min-max' }, 172);
    const { problem: scaled, kept } = await transform.fit({ ...posed, factors: FactorCache.of(scope) }, grid, cx);
    const back = await readMatrix(gpu, await transform.undo(scaled.W, kept, cx));
    expect(Math.max(...back.map((v, i) => Math.abs(v - (problem.W[i] as number)) / 0.02))).toBeLessThan(1e-6);
    const zero = (rows: number) => uploadMatrix(scope, new Float32Array(rows * 172), rows, 172, '0');
    const before = await totalProxyLoss(gpu, posed.W, zero(40), posed.H);
    const after = await totalProxyLoss(gpu, scaled.W, zero(40), scaled.H ?? posed.H);
    expect(Math.abs(after / before - 1)).toBeLessThan(1e-5);

    const losses: number[] = [];
    for (const rounding of ['nearest', 'compensate']) {
      const recipe = recipeOf({
        transform: [{ name: 'scale' }],
        grid: { name: 'awq', bits: 3, group: 32 },
        rounding: { name: rounding },
      });
      const solved = await solveLayer(posed, recipe, testContext(gpu, scope));
      const restored = await restoreLayer(solved.stored, recipe, { gpu, scope });
      expect(await readMatrix(gpu, restored)).toEqual(await readMatrix(gpu, solved.What));
      expect(Math.abs((solved.loss ?? NaN) / hostLoss(problem, await readMatrix(gpu, solved.What)) - 1)).toBeLessThan(
        1e-4,
      );
      losses.push(solved.loss ?? NaN);
    }
    expect(losses[1]).toBeLessThan(losses[0] as number);
  });

  it('are chosen by the error of the module where the recipe says so, and say so where there is none to ask', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const [rows, cols] = [24, 172];
    const problem = makeProblem(createRng(24), rows, cols, { causes: 12 });
    const magnitude = magnitudeOf(problem.H, cols);
    const gains = uploadMatrix(scope, new Float32Array(cols).fill(1), 1, cols, 'gains');
    const posed = {
      ...upload(scope, problem),
      magnitude: uploadMatrix(scope, magnitude, 1, cols, 'mean |x|'),
      neighbours: {
        input: { kind: 'stream' as const, turns: true, scales: true, gains },
        outputs: [{ kind: 'fixed' as const, rows }],
      },
    };
    // A module whose error is another quadratic form than that of the layer: equal weights for all inputs.
    const other = { ...problem, H: Float32Array.from(problem.H, (_, i) => Number(i % (cols + 1) === 0)) };
    const twin = (of: typeof problem) =>
      searchScales({ ...of, magnitude }, (W) => roundAwq(W, rows, cols, 3, 64), 'llm-awq', 64).losses;
    const best = (losses: readonly number[]) => losses.indexOf(Math.min(...losses));
    expect(best(twin(other))).not.toBe(best(twin(problem)));
    const moduleError = async (What: Matrix) => hostLoss(other, await readMatrix(gpu, What));
    const recipe = recipeOf({
      transform: [{ name: 'scale', search: 'module' }],
      grid: { name: 'awq', bits: 3, group: 64, clip: false },
      rounding: { name: 'nearest' },
    });
    const events: QuantEvent[] = [];
    const cx = { ...testContext(gpu, scope), emit: (event: QuantEvent) => void events.push(event) };
    const judged = await solveLayer({ ...posed, moduleError }, recipe, cx);
    expect(events).toEqual([]);
    const loss = hostLoss(other, await readMatrix(gpu, judged.What));
    expect(Math.abs(loss / Math.min(...twin(other)) - 1)).toBeLessThan(1e-3);
    const without = await solveLayer(posed, recipe, cx);
    expect(Math.abs((without.loss ?? NaN) / Math.min(...twin(problem)) - 1)).toBeLessThan(1e-3);
    expect(events).toMatchObject([{ type: 'fallback-used', used: 'error of the layer' }]);
    expect(() => recipeOf({ ...recipe, transform: [{ name: 'rotate' }, ...recipe.transform] })).toThrow('come first');
  });

  it('are shared by the query heads that read one value head', () => {
    const input: Neighbours['input'] = { kind: 'heads', size: 2, repeat: 3 };
    // Two value heads of 2 channels, each read by 3 query heads.
    const tied = tiedMagnitude(Float32Array.from([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 3, 6]), input);
    expect([...tied]).toEqual([3, 4, 3, 4, 3, 4, 1, 2, 1, 2, 1, 2]);
  });

  it('are tied by either formula under grouped-query attention', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(25), 16, 96);
    const posed = {
      ...upload(scope, problem),
      magnitude: uploadMatrix(scope, magnitudeOf(problem.H, 96), 1, 96, 'x'),
      neighbours: {
        input: { kind: 'heads' as const, size: 16, repeat: 3 },
        outputs: [{ kind: 'stream' as const, rows: 16 }],
      },
    };
    for (const formula of ['llm-awq', 'AutoAWQ']) {
      const recipe = recipeOf({
        transform: [{ name: 'scale', formula }],
        grid: { name: 'awq', bits: 2, group: 32, clip: false },
        rounding: { name: 'nearest' },
      });
      const { stored } = await solveLayer(posed, recipe, testContext(gpu, scope));
      const kept = stored.kept[0] as Float32Array;
      expect(new Set(kept).size).toBeGreaterThan(16);
      expect([...kept]).toEqual([...tiedMagnitude(kept, posed.neighbours.input)]);
    }
  });

  it('are judged on the grid that the scaled pair gets: its size, its salience, its importance', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const [rows, cols] = [16, 96];
    const problem = makeProblem(createRng(26), rows, cols, { causes: 12 });
    const magnitude = magnitudeOf(problem.H, cols);
    for (const [name, options] of [
      ['tensor', { bits: 3 }],
      ['partial', { binary: 0.8, salience: 'hessian' }],
      ['uniform', { bits: 2, group: 32, clip: 'importance' }],
      ['hqq', { bits: 2, group: 32, importance: 'inputs' }],
    ] as const) {
      const mean = uploadMatrix(scope, magnitude, 1, cols, 'x');
      const posed = { ...upload(scope, problem), ...around(rows), magnitude: mean };
      const plain = recipeOf({ grid: { name, ...options }, rounding: { name: 'nearest' } });
      // Each candidate as a problem of its own.
      const losses: number[] = [];
      for (let i = 0; i < 20; i++) {
        const s = candidateScales(magnitude, i / 20, null);
        const scaled = {
          ...problem,
          W: problem.W.map((w, at) => w * (s[at % cols] as number)),
          H: problem.H.map((h, at) => h / (s[at % cols] as number) / (s[Math.floor(at / cols)] as number)),
        };
        losses.push((await solveLayer(upload(scope, scaled), plain, testContext(gpu, scope))).loss ?? NaN);
      }
      const recipe = recipeOf({ ...plain, transform: [{ name: 'scale' }] });
      const factors = FactorCache.of(scope);
      // What a recipe without scales leaves behind.
      await solveLayer({ ...posed, factors }, plain, testContext(gpu, scope));
      const { loss } = await solveLayer({ ...posed, factors }, recipe, testContext(gpu, scope));
      expect(Math.abs((loss ?? NaN) / Math.min(...losses) - 1), name).toBeLessThan(1e-3);
    }
  });

  it('are searched anew on a grid that differs in any option', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(27), 16, 96, { causes: 12 });
    const posed = { ...upload(scope, problem), magnitude: uploadMatrix(scope, magnitudeOf(problem.H, 96), 1, 96, 'x') };
    const solve = async (binary: number, factors: FactorCache) => {
      const recipe = recipeOf({
        transform: [{ name: 'scale' }],
        grid: { name: 'partial', binary },
        rounding: { name: 'nearest' },
      });
      return (await solveLayer({ ...posed, factors }, recipe, testContext(gpu, scope))).stored.kept[0];
    };
    const shared = FactorCache.of(scope);
    const one = await solve(0, shared);
    const other = await solve(0.95, shared);
    expect(other).not.toEqual(one);
    expect(other).toEqual(await solve(0.95, FactorCache.of(scope)));
  });

  it('are halves, as they are counted, where nothing takes their inverse', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(28), 16, 64);
    const posed = { ...upload(scope, problem), magnitude: uploadMatrix(scope, magnitudeOf(problem.H, 64), 1, 64, 'x') };
    const plain = recipeOf({ grid: { name: 'uniform', bits: 3, group: 32 }, rounding: { name: 'nearest' } });
    const recipe = recipeOf({ ...plain, transform: [{ name: 'scale' }] });
    const solve = (r: Recipe, neighbours = {}) => solveLayer({ ...posed, ...neighbours }, r, testContext(gpu, scope));
    const halves = (s: Float32Array) => s.map((v) => f16ToF32(f32ToF16(v)));
    const stored = await solve(recipe);
    const kept = stored.stored.kept[0] as Float32Array;
    expect(kept).toEqual(halves(kept));
    expect(new Set(kept).size).toBeGreaterThan(16);
    expect(stored.bits - (await solve(plain)).bits).toBe(16 * 64);
    const absorbed = await solve(recipe, around(16));
    const exact = absorbed.stored.kept[0] as Float32Array;
    expect(exact).not.toEqual(halves(exact));
    expect(absorbed.bits).toBe((await solve(plain)).bits);
  });

  it('never lose more than no scales on the uniform grid either', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(23), 16, 64, { outlier: 1, causes: 64 });
    const posed = { ...upload(scope, problem), magnitude: uploadMatrix(scope, magnitudeOf(problem.H, 64), 1, 64, 'x') };
    const grid = { name: 'uniform', bits: 4, group: 32 };
    const recipe = recipeOf({ transform: [{ name: 'scale' }], grid, rounding: { name: 'nearest' } });
    const { loss, nearestLoss } = await solveLayer(posed, recipe, testContext(gpu, scope));
    expect(loss ?? NaN).toBeLessThanOrEqual(nearestLoss ?? NaN);
    const plain = nearest(problem.W, 16, 64, 32, { bits: 4, symmetric: false, clip: 'min-max' });
    expect(Math.abs((nearestLoss ?? NaN) / hostLoss(problem, plain.What) - 1)).toBeLessThan(1e-4);
  });
});

describe("AWQ's grid", () => {
  it('is compared with rounding to nearest on whole ranges: its search is part of the method', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(29), 16, 96, { causes: 12 });
    const factors = FactorCache.of(scope);
    const solve = (clip: boolean) =>
      solveLayer(
        { ...upload(scope, problem), factors },
        recipeOf({ grid: { name: 'awq', bits: 3, group: 32, clip }, rounding: { name: 'nearest' } }),
        testContext(gpu, scope),
      );
    const [whole, cut] = [await solve(false), await solve(true)];
    expect(whole.nearestLoss).toBe(whole.loss);
    expect(cut.nearestLoss).toBe(whole.loss);
    expect(cut.loss).toBeLessThan(whole.loss ?? NaN);
  });

  testClipSearch('fast');

  const golden = join(import.meta.dirname, '../../../shared/golden/awq_w4x8_x32x8.json');
  if (existsSync(golden)) {
    it('and its search are those of the numpy twin', () => {
      const { W_4x8, X_32x8, x_mean_abs, bits } = JSON.parse(readFileSync(golden, 'utf8')) as {
        W_4x8: number[][];
        X_32x8: number[][];
        x_mean_abs: number[];
        bits: Record<string, { ratio: number; mse: number }>;
      };
      const H = Float64Array.from({ length: 64 }, (_, at) =>
        X_32x8.reduce((sum, x) => sum + ((x[Math.floor(at / 8)] as number) * (x[at % 8] as number)) / 32, 0),
      );
      for (const [width, want] of Object.entries(bits)) {
        const { losses } = searchScales(
          { W: W_4x8.flat(), H, magnitude: x_mean_abs, rows: 4, cols: 8 },
          (W) => roundAwq(W, 4, 8, Number(width), null),
          'llm-awq',
          null,
        );
        const least = Math.min(...losses);
        expect(losses.indexOf(least) / 20).toBe(want.ratio);
        // numpy's scales are float32, the twin's the halves that are stored: 2⁻¹¹ apart at most.
        expect(Math.abs(least / 4 / want.mse - 1)).toBeLessThan(2 * 2 ** -11);
      }
    });
  }
});
