/** Coordinate descent against float64, and its laws: no sweep loses more than the one before, nor than where it began. */
import { describe, expect, it } from 'vitest';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { Piece } from '../../src/quant/recipe/recipe';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { descend } from '../../src/reference/descend';
import { nearest } from '../../src/reference/nearest';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { hostLoss, makeProblem, testContext, upload, withDamping, type HostProblem } from './fixture';

type Rounding =
  | { readonly name: 'nearest' | 'compensate' }
  | {
      readonly name: 'descend';
      readonly sweeps: number;
      readonly start: 'weights' | 'nearest' | 'compensate';
      readonly damping?: number;
    };

async function solve(problem: HostProblem, bits: number, group: number | null, rounding: Rounding, grid = 'uniform') {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const piece = grid === 'partial' ? { name: grid } : { name: grid, bits, group };
  const recipe = recipeOf({ grid: piece as Piece, rounding: { ...rounding } });
  const { What, loss } = await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope));
  return { What: await readMatrix(gpu, What), loss: loss as number };
}

describe('coordinate descent', () => {
  it('does not run away where calibration has seen a few inputs alone', async () => {
    // Of 150 inputs 2 causes are seen, and no noise: nothing is known of 148 directions. Other inputs come when the model runs.
    const { rows, cols, ...seen } = makeProblem(createRng(54), 16, 150, { causes: 2, noise: 0 });
    const others = makeProblem(createRng(55), 16, 150);
    const unseen = { rows, cols, W: seen.W, H: others.H };
    const loss = async (rounding: Rounding) =>
      hostLoss(unseen, (await solve({ rows, cols, ...seen }, 3, null, rounding)).What);
    const rtn = await loss({ name: 'nearest' });
    const sweeps = { name: 'descend', sweeps: 20, start: 'weights' } as const;
    const [undamped, usual] = [await loss({ ...sweeps, damping: 0 }), await loss(sweeps)];
    expect(undamped / rtn).toBeGreaterThan(3);
    expect(usual / rtn).toBeLessThan(2);
  });

  for (const [start, group, bits] of [
    ['weights', null, 3],
    ['nearest', 48, 2],
    ['weights', 64, 4],
  ] as const) {
    it(`is that of float64: from ${start}, ${bits} bits, ${group ? `groups of ${group}` : 'rows'}`, async () => {
      const problem = makeProblem(createRng(51), 20, 150, { dead: [3, 149] });
      const { W, H, rows, cols } = problem;
      const plain = nearest(W, rows, cols, group, { bits, symmetric: false, clip: 'min-max' });
      const from = start === 'weights' ? W : plain.What;
      const free = start === 'weights';
      const want = descend(
        W,
        withDamping(H, cols, 0.01),
        rows,
        cols,
        plain.parameters,
        group ?? cols,
        bits,
        from,
        free,
        3,
      );
      for (const sweeps of [1, 3]) {
        const { What } = await solve(problem, bits, group, { name: 'descend', sweeps, start });
        const reference = want[sweeps - 1] as Float64Array;
        // A near-tie that flips leads the rest of its row, and the sweeps after it, to another point as good.
        expect(nmse(What, reference)).toBeLessThan(sweeps === 1 ? 1e-3 : 2e-2);
        expect(hostLoss(problem, What, 0.01) / hostLoss(problem, reference, 0.01)).toBeCloseTo(1, 1);
      }
    });
  }

  it('no sweep loses more than the one before, nor than the start', async () => {
    const problem = makeProblem(createRng(52), 16, 140);
    for (const start of ['weights', 'nearest', 'compensate'] as const) {
      for (const group of [null, 32]) {
        let last = Infinity;
        if (start !== 'weights') last = hostLoss(problem, (await solve(problem, 3, group, { name: start })).What, 0.01);
        for (const sweeps of [1, 2, 4, 10]) {
          const { What } = await solve(problem, 3, group, { name: 'descend', sweeps, start });
          const loss = hostLoss(problem, What, 0.01);
          // Steps are chosen by float32 sums.
          expect(loss, `${start} ${sweeps}`).toBeLessThanOrEqual(last * (1 + 1e-5));
          last = loss;
        }
      }
    }
  });

  it('is better than rounding to nearest, and keeps what a grid has decided', async () => {
    const problem = makeProblem(createRng(53), 16, 140);
    const sweeps = { name: 'descend', sweeps: 8, start: 'weights' } as const;
    const rtn = await solve(problem, 3, null, { name: 'nearest' });
    expect((await solve(problem, 3, null, sweeps)).loss).toBeLessThan(0.5 * rtn.loss);
    const partial = await solve(problem, 3, null, { name: 'nearest' }, 'partial');
    const from = { ...sweeps, start: 'nearest' } as const;
    expect((await solve(problem, 3, null, from, 'partial')).loss).toBeLessThan(partial.loss);
  });
});
