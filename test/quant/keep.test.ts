/** Kept columns against the formulas in float64: which are weak, the problem of the others, the fit, and GPTQ with weak columns last. */
import { describe, expect, it } from 'vitest';
import { unpackWide } from '../../src/quant/bytes';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { QuantEvent } from '../../src/quant/problem';
import type { Recipe } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { compensatePublished, type CompensateOptions } from '../../src/reference/compensate';
import { fitKept, pick, schur, weakColumns } from '../../src/reference/keep';
import { nearest } from '../../src/reference/nearest';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { f16ToF32, f32ToF16 } from '../../src/util/halfFloat';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { hostLoss, makeProblem, testContext, upload, type HostProblem, type ProblemKind } from './fixture';

function recipe(bits: number, share: number | null, rounding: 'nearest' | 'compensate', group: number | null = null) {
  return recipeOf({
    grid: { name: 'uniform', bits, group },
    rounding: { name: rounding },
    correction: share === null ? [] : [{ name: 'keep', share }],
  });
}

const options = (bits: number, damping = 0.01): CompensateOptions => ({
  bits,
  group: null,
  symmetric: false,
  clip: 'min-max',
  damping,
  groups: 'dynamic',
  staleness: 'fresh',
});

/** Kept columns by H_jj·‖ΔW_j‖², rising. */
function weak({ W, H, rows, cols }: HostProblem, bits: number, count: number): number[] {
  const { What } = nearest(W, rows, cols, null, { bits, symmetric: false, clip: 'min-max' });
  return weakColumns(W, What, H, rows, cols, count);
}

const meanDiagonal = ({ H, cols }: HostProblem) =>
  Array.from({ length: cols }, (_, j) => H[j * (cols + 1)] as number).reduce((a, b) => a + b, 0) / cols;

async function solve(problem: HostProblem, r: ReturnType<typeof recipe>) {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const cx = testContext(gpu, scope);
  const solved = await solveLayer(upload(scope, problem), r, cx);
  const What = await readMatrix(gpu, solved.What);
  expect(await readMatrix(gpu, await restoreLayer(solved.stored, r, cx))).toEqual(What);
  return { What, bits: solved.bits, loss: solved.loss as number, stored: solved.stored };
}

const kinds: readonly [string, ProblemKind][] = [
  ['outlier columns', {}],
  ['dead columns, strong outliers', { dead: [0, 11, 40], outlier: 100, causes: 5 }],
];

describe('columns in half precision', () => {
  for (const [label, kind] of kinds) {
    it(`${label}: which, what the others become, and the fit are those of the formulas`, async () => {
      const problem = makeProblem(createRng(31), 17, 90, kind);
      const { W, rows, cols } = problem;
      for (const bits of [2, 3]) {
        const { What, stored } = await solve(problem, recipe(bits, 0.05, 'compensate'));
        const kept = weak(problem, bits, Math.round(0.05 * cols));
        expect(Array.from(stored.kept[0]?.subarray(0, kept.length) ?? [])).toEqual(kept);
        const others = Array.from({ length: cols }, (_, j) => j).filter((j) => !kept.includes(j));
        const { pull, rest } = schur(problem.H, cols, kept, others, 0.01 * meanDiagonal(problem));
        const all = Array.from({ length: rows }, (_, r) => r);
        const want = compensatePublished(pick(W, cols, all, others), rest, rows, others.length, options(bits));
        const got = pick(What, cols, all, others);
        // As in test/quant/compensate.test.ts: a near-tie that flips moves the rest of its row.
        expect(nmse(got, want.What)).toBeLessThan(1e-3);
        // The fit for what the others have become.
        const fit = fitKept(W, got, rows, cols, kept, others, pull);
        const gotKept = pick(What, cols, all, kept);
        gotKept.forEach((v, at) => {
          expect(v).toBe(f16ToF32(f32ToF16(v)));
          expect(Math.abs(v - (fit[at] as number))).toBeLessThan(1e-3 * Math.abs(fit[at] as number) + 1e-5);
        });
      }
    });
  }

  it('is GPTQ with the weak columns last, in float64', () => {
    const problem = makeProblem(createRng(32), 9, 40);
    const { W, H, rows, cols } = problem;
    const lambda = 0.01 * meanDiagonal(problem);
    const damped: HostProblem = { ...problem, H: H.map((v, at) => v + (at % (cols + 1) === 0 ? lambda : 0)) };
    const kept = weak(problem, 3, 4);
    const others = Array.from({ length: cols }, (_, j) => j).filter((j) => !kept.includes(j));
    const last = [...others, ...kept];
    const all = Array.from({ length: rows }, (_, r) => r);
    // Given grids: of the others alone, in both.
    const whole = { ...options(3, 0), group: others.length };
    const gptq = compensatePublished(pick(W, cols, all, last), pick(damped.H, cols, last, last), rows, cols, whole);
    const { rest } = schur(damped.H, cols, kept, others, 0);
    const apart = compensatePublished(pick(W, cols, all, others), rest, rows, others.length, whole);
    const front = others.map((_, i) => i);
    expect(pick(apart.What, others.length, all, front)).toEqual(pick(gptq.What, cols, all, front));
  });

  it('costs 16 bits a weight and 32 a column, and lowers the loss of either rounding', async () => {
    const problem = makeProblem(createRng(33), 16, 100);
    for (const rounding of ['nearest', 'compensate'] as const) {
      const base = await solve(problem, recipe(3, null, rounding));
      const one = await solve(problem, recipe(3, 0.01, rounding));
      // 99 columns of 3 bits, the row's scale and zero as before.
      expect(one.bits).toBe(base.bits - 16 * 3 + 16 * 16 + 32);
      const five = await solve(problem, recipe(3, 0.05, rounding));
      expect(one.loss).toBeLessThan(base.loss);
      expect(five.loss).toBeLessThan(one.loss);
      expect(five.loss / hostLoss(problem, five.What)).toBeCloseTo(1, 4);
    }
  });

  it('works on groups and on the smallest layer', async () => {
    const problem = makeProblem(createRng(34), 5, 70);
    const base = await solve(problem, recipe(3, null, 'compensate', 32));
    expect((await solve(problem, recipe(3, 0.05, 'compensate', 32))).loss).toBeLessThan(base.loss);
    const two = await solve(makeProblem(createRng(35), 1, 2), recipe(2, 0.01, 'compensate'));
    expect(two.stored.innerCols).toBe(1);
  });

  it('leaves what the rows are to transforms and grids, and says that scales are not searched by the module', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const [rows, cols] = [16, 64];
    const problem = makeProblem(createRng(36), rows, cols, { causes: 12 });
    // Two matrices of very different size: with one scale or threshold for both, the smaller one would vanish.
    problem.W.forEach((w, i) => i < 8 * cols && (problem.W[i] = w / 100));
    const gains = uploadMatrix(scope, new Float32Array(cols).fill(1), 1, cols, 'gains');
    const neighboursOf = (kind: 'fixed' | 'scores') => ({
      input: { kind: 'stream' as const, turns: true, scales: true, gains },
      outputs: [8, 8].map((rows) => ({ kind, rows })),
    });
    const magnitude = uploadMatrix(
      scope,
      Float32Array.from({ length: cols }, (_, j) => Math.sqrt(problem.H[j * (cols + 1)] as number)),
      1,
      cols,
      'mean |x|',
    );
    const events: QuantEvent[] = [];
    const cx = testContext(gpu, scope, events);
    const solveAmong = async (kind: 'fixed' | 'scores' | null, parts: Partial<Recipe>) => {
      const r = recipeOf({ grid, rounding: { name: 'nearest' }, correction: [{ name: 'keep' }], ...parts });
      const neighbours = kind ? { neighbours: neighboursOf(kind) } : {};
      const moduleError = () => Promise.resolve(0);
      return solveLayer({ ...upload(scope, problem), magnitude, moduleError, ...neighbours }, r, cx);
    };
    const grid = { name: 'uniform', bits: 3, group: 32 };
    const awq = { name: 'awq', bits: 2, group: 32, clip: true };
    const clipped = await solveAmong('fixed', { grid: awq });
    const whole = await solveAmong('scores', { grid: awq });
    const unclipped = await solveAmong('fixed', { grid: { ...awq, clip: false } });
    expect(whole.stored.parameters).toEqual(unclipped.stored.parameters);
    expect(clipped.stored.parameters).not.toEqual(unclipped.stored.parameters);

    const partial = { grid: { name: 'partial', binary: 0.5, salience: 'magnitude' } };
    const apart = await solveAmong('fixed', partial);
    expect((apart.loss ?? NaN) / ((await solveAmong(null, partial)).loss ?? NaN)).not.toBe(1);
    const codes = unpackWide(apart.stored.codes, rows * apart.stored.codeCols, 9);
    expect(codes.subarray(0, codes.length / 2).filter((code) => code >= 256).length).toBe(codes.length / 4 - 1);

    const turned = await solveAmong('fixed', { transform: [{ name: 'hadamard', balance: true }] });
    // The count of matrices, as balance.ts keeps it.
    expect(turned.stored.kept[0]?.[0]).toBe(2);

    // A Hadamard matrix of 63 columns, of which there is none.
    events.length = 0;
    for (let times = 1; times <= 2; times++) {
      const scaled = await solveAmong('fixed', { transform: [{ name: 'scale', search: 'module' }] });
      expect(events).toHaveLength(times);
      expect(events.at(-1)).toMatchObject({ type: 'fallback-used', used: 'error of the layer' });
      const plain = await solveAmong('fixed', {});
      expect(scaled.bits - plain.bits).toBe(16 * (cols - 1));
    }
  });
});
