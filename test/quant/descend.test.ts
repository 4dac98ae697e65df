/** Coordinate descent against float64, and its laws: no sweep loses more than the one before, nor than where it began. */
import { describe, expect, it } from 'vitest';
import { recipeOf } from '../../src/quant/parseRecipe';
import type { Piece } from '../../src/quant/recipe';
import { solveLayer } from '../../src/quant/solve';
import { descend } from '../../src/reference/descend';
import { nearest } from '../../src/reference/nearest';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { hostLoss, makeProblem, testContext, upload, type HostProblem } from './fixture';

type Rounding =
  | { readonly name: 'nearest' | 'compensate' }
  | { readonly name: 'descend'; readonly sweeps: number; readonly start: 'weights' | 'nearest' | 'compensate' };

async function solve(problem: HostProblem, bits: number, group: number | null, rounding: Rounding, grid = 'uniform') {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const piece = grid === 'partial' ? { name: grid } : { name: grid, bits, group };
  const recipe = recipeOf({ grid: piece as Piece, rounding: { ...rounding } });
  const { What, loss } = await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope));
  return { What: await readMatrix(gpu, What), loss: loss as number };
}

describe('coordinate descent', () => {
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
      const want = descend(W, H, rows, cols, plain.parameters, group ?? cols, bits, from, free, 3);
      for (const sweeps of [1, 3]) {
        const { What } = await solve(problem, bits, group, { name: 'descend', sweeps, start });
        const reference = want[sweeps - 1] as Float64Array;
        // A near-tie that flips leads the rest of its row, and the sweeps after it, to another point as good.
        expect(nmse(What, reference)).toBeLessThan(sweeps === 1 ? 1e-3 : 2e-2);
        expect(hostLoss(problem, What) / hostLoss(problem, reference)).toBeCloseTo(1, 1);
      }
    });
  }

  it('no sweep loses more than the one before, nor than the start', async () => {
    const problem = makeProblem(createRng(52), 16, 140);
    for (const start of ['weights', 'nearest', 'compensate'] as const) {
      for (const group of [null, 32]) {
        let last = start === 'weights' ? Infinity : (await solve(problem, 3, group, { name: start })).loss;
        for (const sweeps of [1, 2, 4, 10]) {
          const { loss } = await solve(problem, 3, group, { name: 'descend', sweeps, start });
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
