/** PB-LLM against the float64 twin: mask, values, walk, storage. */
import { describe, expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { QuantEvent } from '../../src/quant/problem';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { makeProblem, testContext, upload } from './fixture';
import { testPartial } from './partialTwin';

describe('partial binarisation', () => {
  testPartial('fast');

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
