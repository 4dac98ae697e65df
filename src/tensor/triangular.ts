/**
 * X·U⁻¹ and U⁻¹ for upper triangular U, by blocks of 32 columns from the first to the last: a block is solved row by row, then
 * taken off the columns behind it. Rows are independent; no inverse is formed for a solve.
 */
import grid from '../../shaders/lib/grid.wgsl?raw';
import blockCode from '../../shaders/linalg/triangular_block.wgsl?raw';
import updateCode from '../../shaders/linalg/triangular_update.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, uploadMatrix, type Matrix } from './matrix';

/** Columns per step: what a row then does by itself is small beside the product. */
const block = 32;

export const triangularBlockKernel = defineKernel({
  name: 'triangular_block',
  code: blockCode,
  lib: [grid],
  bindings: { u: 'read', y: 'readWrite' },
  params: { rows: 'u32', n: 'u32', first: 'u32', end: 'u32', unit: 'u32' },
});

export const triangularUpdateKernel = defineKernel({
  name: 'triangular_update',
  code: updateCode,
  lib: [grid],
  bindings: { u: 'read', y: 'readWrite' },
  params: { rows: 'u32', n: 'u32', first: 'u32', end: 'u32', first_tile: 'u32', last_tile: 'u32', outputs: 'u32' },
});

/** `unit`: the diagonal is ones and is not read. */
export type Diagonal = 'unit' | 'any';

/** Y [rows, n] with Y·U = X, owned by the scope. X [rows, n], U [n, n] upper triangular without a zero on the diagonal, all f32. */
export function rightSolve(gpu: Gpu, scope: Scope, X: Matrix, U: Matrix, diagonal: Diagonal = 'any'): Matrix {
  assert(X.type === 'f32', 'a solve is of f32 matrices');
  const Y = emptyMatrix(scope, X.rows, X.cols, 'triangular solution');
  gpu.copy(X.view, Y.view);
  solveInPlace(gpu, Y, U, diagonal, () => Y.rows);
  return Y;
}

/** U⁻¹ [n, n], upper triangular, owned by the scope. U [n, n] f32 upper triangular without a zero on the diagonal. */
export function inverseUpper(gpu: Gpu, scope: Scope, U: Matrix, diagonal: Diagonal = 'any'): Matrix {
  const n = U.rows;
  const ones = Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  const inverse = uploadMatrix(scope, ones, n, n, 'triangular inverse');
  // Rows below a block are still those of the identity: zero in it.
  solveInPlace(gpu, inverse, U, diagonal, (end) => end);
  return inverse;
}

/** `rowsOf(end)`: rows that may be nonzero in columns before `end`. */
function solveInPlace(gpu: Gpu, Y: Matrix, U: Matrix, diagonal: Diagonal, rowsOf: (end: number) => number): void {
  const n = U.rows;
  assert(U.cols === n && U.type === 'f32' && Y.cols === n, `solving ${Y.rows}×${Y.cols} by ${U.rows}×${U.cols}`);
  for (let first = 0; first < n; first += block) {
    const end = Math.min(first + block, n);
    const rows = rowsOf(end);
    gpu.run(triangularBlockKernel, {
      bind: { u: read(U.view), y: readWrite(Y.view) },
      params: { rows, n, first, end, unit: diagonal === 'unit' ? 1 : 0 },
      workgroups: Math.ceil(rows / 64),
      work: rows * (end - first) ** 2,
    });
    const tiles = Math.ceil(rows / 4) * Math.ceil((n - end) / 4);
    const work = 32 * (end - first);
    for (let done = 0; done < tiles;) {
      const last = Math.min(tiles, done + gpu.slice(work, tiles - done, 64));
      gpu.run(triangularUpdateKernel, {
        bind: { u: read(U.view), y: readWrite(Y.view) },
        params: { rows, n, first, end, first_tile: done, last_tile: last, outputs: 16 },
        workgroups: Math.ceil((last - done) / 64),
        work: work * (last - done),
      });
      done = last;
    }
  }
}
