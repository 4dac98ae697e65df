/** Low-rank compensation against the SVD of the error in float64, plain and in the metric of the inputs, and its laws. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import type { QuantEvent } from '../../src/quant/problem';
import { choleskyUpper } from '../../src/reference/cholesky';
import { matmul } from '../../src/reference/matmul';
import { svd } from '../../src/reference/svd';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { RecipeError } from '../../src/util/errors';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { hostLoss, makeProblem, testContext, upload, type HostProblem } from './fixture';

interface Options {
  readonly rank: number;
  readonly metric?: 'plain' | 'inputs';
  readonly factors?: 'f16' | 'int8';
}

function recipe(bits: number, options: Options | null, group: number | null = null) {
  return recipeOf({
    grid: { name: 'uniform', bits, group },
    rounding: { name: 'nearest' },
    correction: options ? [{ name: 'lowRank', ...options }] : [],
  });
}

async function solve(problem: HostProblem, bits: number, options: Options | null, events: QuantEvent[] = []) {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const cx = testContext(gpu, scope, events);
  const solved = await solveLayer(upload(scope, problem), recipe(bits, options), cx);
  const What = await readMatrix(gpu, solved.What);
  const restored = await readMatrix(gpu, await restoreLayer(solved.stored, recipe(bits, options), cx));
  expect(restored).toEqual(What);
  return { bits: solved.bits, loss: solved.loss, What, hash: solved.hash, kept: solved.stored.kept[0] };
}

const plainLoss = ({ W }: HostProblem, What: Float32Array) =>
  W.reduce((sum, w, i) => sum + (w - (What[i] as number)) ** 2, 0);
const problem = makeProblem(createRng(21), 24, 63);

describe('low-rank compensation', () => {
  it('is the best of its rank, in either metric', async () => {
    const { rows, cols, W, H } = problem;
    const R = choleskyUpper(H, cols, 0.01) as Float64Array;
    const base = await solve(problem, 2, null);
    const E = W.map((w, i) => w - (base.What[i] as number));
    for (const [metric, matrix] of [
      ['plain', E],
      ['inputs', matmul(E, R, rows, cols, cols, 'plain')],
    ] as const) {
      const { values } = svd(matrix, rows, cols);
      for (const rank of [1, 4, 8]) {
        const { What } = await solve(problem, 2, { rank, metric });
        const loss = metric === 'plain' ? plainLoss(problem, What) : hostLoss(problem, What, 0.01);
        const best = values.subarray(rank).reduce((sum, v) => sum + v * v, 0);
        // Halves keep a factor to 2⁻¹¹: its error is that share of what the factors hold.
        const held = values.subarray(0, rank).reduce((sum, v) => sum + v * v, 0);
        expect(loss).toBeGreaterThan(best * (1 - 1e-4));
        expect(loss).toBeLessThan(best * 1.002 + held * 1e-6);
      }
    }
  });

  it('lowers its own error with the rank, to nothing at full rank', async () => {
    for (const metric of ['plain', 'inputs'] as const) {
      const measure = (What: Float32Array) =>
        metric === 'plain' ? plainLoss(problem, What) : hostLoss(problem, What, 0.01);
      const none = measure((await solve(problem, 3, null)).What);
      let last = none;
      for (const rank of [1, 2, 3, 5, 8, 13, 20, 24]) {
        const loss = measure((await solve(problem, 3, { rank, metric })).What);
        expect(loss, `${metric} ${rank}`).toBeLessThan(last);
        last = loss;
      }
      expect(last / none).toBeLessThan(2e-6);
    }
  });

  it('the metric of the inputs is the better one in the loss', async () => {
    const [plain, inputs] = [
      await solve(problem, 2, { rank: 4 }),
      await solve(problem, 2, { rank: 4, metric: 'inputs' }),
    ];
    expect(inputs.loss).toBeLessThan(plain.loss as number);
  });

  it('counts its factors, and stores them as it says', async () => {
    const base = await solve(problem, 3, null);
    const half = await solve(problem, 3, { rank: 5 });
    const eight = await solve(problem, 3, { rank: 5, factors: 'int8' });
    expect(half.bits - base.bits).toBe(16 * 5 * (24 + 63));
    expect(eight.bits - base.bits).toBe(8 * 5 * (24 + 63) + 2 * 5 * 16);
    expect(new Set(eight.kept?.subarray(24 * 5, 24 * 5 + 63)).size).toBeGreaterThan(8);
    const scale = Math.max(...(eight.kept?.subarray(24 * 5, 24 * 5 + 63) ?? []).map(Math.abs)) / 127;
    for (const v of eight.kept?.subarray(24 * 5, 24 * 5 + 63) ?? []) {
      expect(Math.abs(v / scale - Math.round(v / scale))).toBeLessThan(1e-3);
    }
    expect(plainLoss(problem, eight.What) / plainLoss(problem, half.What)).toBeLessThan(1.01);
  });

  it('keeps nothing where there is no error, or where rounded factors would add to it', async () => {
    const { rows, cols, H } = problem;
    const onGrid = { rows, cols, H, W: Float32Array.from({ length: rows * cols }, (_, i) => (i % 4) / 2 - 0.5) };
    const none = await solve(onGrid, 2, { rank: 3 });
    expect([none.kept?.length, plainLoss(onGrid, none.What)]).toEqual([0, 0]);
    // Errors below what halves can hold: the factors are rounded to zero.
    const events: QuantEvent[] = [];
    const tiny = { rows, cols, H, W: Float32Array.from(onGrid.W, (w, i) => w * 1e-16 * (1 + 0.01 * ((i * 7) % 11))) };
    const kept = await solve(tiny, 2, { rank: 3, metric: 'inputs' }, events);
    expect(kept.kept?.length).toBe(0);
    expect(events.map(({ type }) => type)).toContain('fallback-used');
  });

  it('uses the plain metric, and says so, where no input ever occurred', async () => {
    const silent = { ...problem, H: new Float32Array(problem.H.length) };
    const events: QuantEvent[] = [];
    const inputs = await solve(silent, 2, { rank: 4, metric: 'inputs' }, events);
    expect(events).toMatchObject([{ type: 'fallback-used', used: 'metric plain' }]);
    expect(inputs.What).toEqual((await solve(silent, 2, { rank: 4 })).What);
  });

  it('needs a calibration text only for the metric of the inputs', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const W = uploadMatrix(scope, problem.W, 24, 63, 'W');
    const { loss } = await solveLayer({ W }, recipe(3, { rank: 2 }), testContext(gpu, scope));
    expect(loss).toBe(null);
    await expect(solveLayer({ W }, recipe(3, { rank: 2, metric: 'inputs' }), testContext(gpu, scope))).rejects.toThrow(
      RecipeError,
    );
  });

  const golden = '../shared/golden/lorc_w4x8_h8x8.json';
  if (existsSync(golden)) {
    it('agrees with the numpy vectors of a 4 × 8 layer', async () => {
      const vectors = JSON.parse(readFileSync(golden, 'utf8')) as {
        W_4x8: number[][];
        H_8x8: number[][];
        bits: Record<string, Record<'frobenius_by_rank' | 'proxy_hessian_aware_by_rank', number[]>>;
      };
      const layer = {
        rows: 4,
        cols: 8,
        W: Float32Array.from(vectors.W_4x8.flat()),
        H: Float32Array.from(vectors.H_8x8.flat()),
      };
      for (const [bits, want] of Object.entries(vectors.bits)) {
        for (const rank of [1, 2, 3]) {
          const plain = await solve(layer, Number(bits), { rank });
          const best = want.frobenius_by_rank[rank] as number;
          // The vectors' scales are float32, ours the halves that are stored: 2⁻¹¹ of a weight, which is some steps of the grid.
          expect(Math.abs(Math.sqrt(plainLoss(layer, plain.What)) / best - 1)).toBeLessThan(
            2 ** Number(bits) * 2 ** -11,
          );
        }
      }
      // The vectors take a lower factor, ours is upper: the same metric, so the same damped optimum; at rank 1 the loss is near.
      const aware = await solve(layer, 3, { rank: 1, metric: 'inputs' });
      expect((aware.loss ?? 0) / (vectors.bits['3']?.proxy_hessian_aware_by_rank[1] as number)).toBeCloseTo(1, 2);
    });
  }
});
