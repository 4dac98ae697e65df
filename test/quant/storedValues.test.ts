/** What is plotted is what is stored: for every grid, the bytes of the exported format restore the Ŵ that was evaluated, bit for bit. */
import { describe, expect, it } from 'vitest';
import { piecesOf } from '../../src/quant/recipe/catalog';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid } from '../../src/quant/solve/pieces';
import type { Piece } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { writeStorage } from '../../src/quant/storage';
import { readMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { causedProblem, testContext, upload, type HostProblem } from './fixture';
import { readStorage } from './readStorage';

/** Options under which a grid stores something else. */
const variants: Readonly<Record<string, readonly Readonly<Record<string, string | number | boolean | null>>[]>> = {
  uniform: [
    { bits: 2, group: null },
    { bits: 3, group: 32 },
    { bits: 5, group: 32, symmetric: true },
    { bits: 8, group: null, clip: 'mse' },
    { bits: 4, group: 64, clip: 'importance' },
  ],
  awq: [
    { bits: 3, group: 32 },
    { bits: 8, group: 64, clip: false },
  ],
  tensor: [{ bits: 3 }, { bits: 8, multiplier: 'fitted' }],
  e8p: [{ bits: 2 }, { bits: 3 }, { bits: 4 }],
  partial: [{}, { statistics: 'published', salience: 'magnitude' }],
  hqq: [
    { bits: 2, group: 32 },
    { bits: 4, group: null },
    { bits: 8, group: 64 },
  ],
  matmulnbits: [
    { bits: '4', block: '32' },
    { bits: '2', block: '64', symmetric: false },
    { bits: '8', block: '128', symmetric: false, scale: 'f32' },
  ],
};
const grids = piecesOf('grid').flatMap(({ name }): Piece[] =>
  (variants[name] ?? [{}]).map((options) => ({ name, ...options })),
);

/** Rows that a scale of half precision holds badly or not at all, among ordinary ones. */
const rowSizes: readonly number[] = [0, 1e-39, 1e-36, 1e-20, 1e-10, 1e-7, 1e-5, 1e-3, 30, 1e6];
const [rows, cols] = [24, 256];
const ordinary = causedProblem(createRng(21), rows, cols);
const hostile = { ...ordinary, W: ordinary.W.map((v, i) => v * (rowSizes[Math.floor(i / cols)] ?? 1)) };

const label = (piece: Piece) => Object.values(piece).join(' ');

/** Of these rows nothing is left where a scale is a half. */
const vanishing = rowSizes.flatMap((size, row) => (size <= 1e-20 ? [row] : []));
/** One scale for all rows, or values beside zero: a row of zeros is not theirs to keep. And scales that a float32 holds. */
const keepsZeros = ({ name, scale }: Piece) => !['tensor', 'e8p', 'partial'].includes(name) && scale !== 'f32';
const rowOf = (What: Float32Array, row: number) => What.subarray(row * cols, (row + 1) * cols);

describe('the bytes of a format restore what was evaluated', () => {
  for (const piece of grids) {
    it(`${label(piece)}; weights near zero become zeros and harm nobody`, async () => {
      const gpu = await testGpu();
      const solve = async (problem: HostProblem) => {
        using scope = gpu.scope('test');
        const recipe = recipeOf({ grid: piece, rounding: { name: 'nearest' } });
        const solved = await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope));
        const bytes = writeStorage(solved.stored, makeGrid(recipe.grid, cols));
        // 24 rows: every part ends with a whole byte, but for two whose length depends on the weights.
        if (piece.name === 'partial') expect(Math.ceil(solved.bits / 8)).toBeLessThanOrEqual(bytes.length);
        else expect(8 * bytes.length).toBe(solved.bits);
        const read = readStorage(recipe.grid, bytes, solved.stored);
        const restored = await restoreLayer({ ...solved.stored, ...read }, recipe, { gpu, scope });
        const What = await readMatrix(gpu, solved.What);
        expect(What.every(Number.isFinite)).toBe(true);
        expect(await readMatrix(gpu, restored)).toEqual(What);
        return What;
      };
      const [plain, extreme] = [await solve(ordinary), await solve(hostile)];
      if (!keepsZeros(piece)) return;
      for (const row of vanishing) expect([row, rowOf(extreme, row).every((v) => v === 0)]).toEqual([row, true]);
      // Rows do not see each other.
      for (let row = rowSizes.length; row < rows; row++) expect(rowOf(extreme, row)).toEqual(rowOf(plain, row));
    });
  }

  it('under compensation, too', async () => {
    const gpu = await testGpu();
    const pieces: readonly Piece[] = [{ name: 'uniform', bits: 3, group: 32 }, { name: 'q8_0' }, { name: 'q4_1' }];
    for (const piece of pieces) {
      using scope = gpu.scope('test');
      const recipe = recipeOf({ grid: piece, rounding: { name: 'compensate' } });
      const solved = await solveLayer(upload(scope, hostile), recipe, testContext(gpu, scope));
      const What = await readMatrix(gpu, solved.What);
      for (const row of vanishing) expect([row, rowOf(What, row).every((v) => v === 0)]).toEqual([row, true]);
      const read = readStorage(recipe.grid, writeStorage(solved.stored, makeGrid(recipe.grid, cols)), solved.stored);
      const restored = await restoreLayer({ ...solved.stored, ...read }, recipe, { gpu, scope });
      expect(await readMatrix(gpu, restored)).toEqual(What);
    }
  });
});
