/** Solving on the E8P grid, and compensation on it against block LDLQ in float64: a table in two tiers. */
import { expect, it } from 'vitest';
import { unpackBits } from '../../src/quant/bytes';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { Piece } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { pointFactor, roundE8p } from '../../src/reference/blockLdlq';
import type { E8pBits } from '../../src/reference/e8p';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { ofTier, type Tier } from '../tiers';
import { hostLoss, makeProblem, testContext, upload, type HostProblem } from './fixture';

export const grid = (bits: number): Piece => ({ name: 'e8p', bits });
const recipe = (bits: number, rounding: 'nearest' | 'compensate') =>
  recipeOf({ grid: grid(bits), rounding: { name: rounding } });

export interface Size {
  readonly bits: E8pBits;
  readonly rows: number;
  readonly cols: number;
}
const problems = new Map<string, HostProblem>();
export function problemOf(rows: number, cols: number): HostProblem {
  const key = `${rows}×${cols}`;
  const problem = problems.get(key) ?? makeProblem(createRng(5).fork(key), rows, cols);
  problems.set(key, problem);
  return problem;
}

export async function solve(problem: HostProblem, bits: number, rounding: 'nearest' | 'compensate') {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const cx = testContext(gpu, scope);
  const solved = await solveLayer(upload(scope, problem), recipe(bits, rounding), cx);
  const What = await readMatrix(gpu, solved.What);
  const restored = await readMatrix(gpu, await restoreLayer(solved.stored, recipe(bits, rounding), cx));
  return { ...solved, What, restored };
}

export function testBlockLdlq(tier: Tier): void {
  const table = ([2, 3, 4] as const).flatMap((bits): Size[] => [
    { bits, rows: 64, cols: 64 },
    { bits, rows: 32, cols: 172 },
    { bits, rows: 16, cols: 576 },
    { bits, rows: 12, cols: 960 },
  ]);
  it.each(ofTier(tier, table, ({ cols }) => cols < 900))(
    'compensates as block LDLQ in float64: %j',
    async ({ bits, rows, cols }) => {
      const problem = problemOf(rows, cols);
      const { W, H } = problem;
      const want = roundE8p(W, pointFactor(H, cols), rows, cols, bits);
      const { stored, loss } = await solve(problem, bits, 'compensate');
      const codes = unpackBits(stored.codes, want.codes.length, bits);
      const flipped = codes.reduce((count, code, i) => count + (code === want.codes[i] ? 0 : 1), 0);
      expect(flipped / codes.length, 'codes that differ').toBeLessThanOrEqual(1e-3);
      expect(Math.abs((loss ?? NaN) / hostLoss(problem, want.What) - 1), 'proxy loss').toBeLessThanOrEqual(1e-3);
    },
  );
}
