/** PB-LLM against the float64 twin: mask, values, walk, storage. */
import { describe, expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { recipeOf } from '../../src/quant/parseRecipe';
import { makeGrid } from '../../src/quant/pieces';
import type { QuantEvent } from '../../src/quant/problem';
import { restoreLayer } from '../../src/quant/restore';
import { solveLayer } from '../../src/quant/solve';
import { writeStorage } from '../../src/quant/storage';
import { partial } from '../../src/reference/partial';
import { inverseFactor } from '../../src/reference/walk';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { hostLoss, makeProblem, testContext, upload } from './fixture';

describe('partial binarisation', () => {
  for (const [rows, cols, share] of [
    [24, 172, 0.9],
    [12, 576, 0.714],
    [8, 960, 0.571],
  ] as const) {
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

  it('thresholds each matrix of a site on its own, and at a share of 1 everything is binary', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(32), 16, 64);
    // The second matrix is ten times larger: with one threshold all of its weights would be salient first.
    problem.W.forEach((w, i) => i >= 8 * 64 && (problem.W[i] = 10 * w));
    const outputs = [8, 8].map((rows) => ({ kind: 'fixed' as const, rows }));
    const neighbours = { input: { kind: 'channels' as const }, outputs };
    const solve = (binary: number) =>
      solveLayer(
        { ...upload(scope, problem), neighbours },
        recipeOf({ grid: { name: 'partial', binary, salience: 'magnitude' }, rounding: { name: 'nearest' } }),
        testContext(gpu, scope),
      );
    const half = await solve(0.5);
    const What = await readMatrix(gpu, half.What);
    const distinct = (from: number) => new Set(What.subarray(from * 64, (from + 8) * 64)).size;
    expect(distinct(0)).toBeGreaterThan(64);
    expect(distinct(8)).toBeGreaterThan(64);
    const all = await solve(1);
    expect(all.bits).toBe(16 * 64 * 2 + 16 * 56);
  });

  it('tells every recipe how much damping the salience took', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(33), 8, 64);
    // No second moment: an eigenvalue below zero, which more damping lifts.
    for (let j = 0; j < 64; j++) problem.H.fill(0, 64 * j, 64 * (j + 1)).fill(1, 65 * j, 65 * j + 1);
    problem.H[1] = problem.H[64] = 1.03;
    const factors = FactorCache.of(scope);
    for (const statistics of ['corrected', 'published']) {
      const events: QuantEvent[] = [];
      const recipe = recipeOf({ grid: { name: 'partial', statistics }, rounding: { name: 'nearest' } });
      await solveLayer({ ...upload(scope, problem), factors }, recipe, testContext(gpu, scope, events));
      expect(events).toEqual([
        { type: 'damping-raised', from: 0.01, to: 0.02, attempt: 1 },
        { type: 'damping-raised', from: 0.02, to: 0.04, attempt: 2 },
      ]);
    }
  });
});
