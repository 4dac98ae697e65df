/**
 * X·U⁻¹ and U⁻¹ for upper triangular U, by blocks of 32 columns from the first to the last: a block is solved row by row, then
 * taken off the columns behind it. Rows are independent; no inverse is formed for a solve.
 */
import grid from '../../shaders/lib/grid.wgsl?raw';
import tile from '../../shaders/lib/tile.wgsl?raw';
import blockCode from '../../shaders/linalg/triangular_block.wgsl?raw';
import strictCode from '../../shaders/linalg/strict_upper.wgsl?raw';
import updateCode from '../../shaders/linalg/triangular_update.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, rowRange, type Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

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
  lib: [tile, grid],
  bindings: { u: 'read', y: 'readWrite' },
  params: { rows: 'u32', n: 'u32', first: 'u32', end: 'u32', first_tile: 'u32', last_tile: 'u32', outputs: 'u32' },
});

export const strictUpperKernel = defineKernel({
  name: 'strict_upper',
  code: strictCode,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { n: 'u32', top: 'u32', rows: 'u32', width: 'u32', diagonal: 'f32', factor: 'f32' },
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
  const inverse = strictUpper(gpu, scope, U, { diagonal: 1, factor: 0 });
  // Rows below a block are still those of the identity: zero in it.
  solveInPlace(gpu, inverse, U, diagonal, (end) => end);
  return inverse;
}

/**
 * diagonal·I + factor·X above the diagonal blocks of `width` columns (1: above the diagonal), zero elsewhere; [n, n], owned by the
 * scope. X [n, n] f32.
 */
export function strictUpper(
  gpu: Gpu,
  scope: Scope,
  X: Matrix,
  { diagonal, factor, width = 1 }: { readonly diagonal: 0 | 1; readonly factor: number; readonly width?: number },
): Matrix {
  const n = X.rows;
  assert(X.cols === n && X.type === 'f32', `the upper part of ${X.rows}×${X.cols} ${X.type}`);
  const Y = emptyMatrix(scope, n, n, 'upper part');
  for (const panel of panelsOf(gpu, n, n)) {
    const rows = panel.end - panel.begin;
    gpu.run(strictUpperKernel, {
      bind: { x: read(panelOf(X, panel).view), y: readWrite(panelOf(Y, panel).view) },
      params: { n, top: panel.begin, rows, width, diagonal, factor },
      workgroups: Math.ceil((rows * n) / 64),
      work: 3 * rows * n,
    });
  }
  return Y;
}

/** `rowsOf(end)`: rows that may be nonzero in columns before `end`. */
function solveInPlace(gpu: Gpu, Y: Matrix, U: Matrix, diagonal: Diagonal, rowsOf: (end: number) => number): void {
  const n = U.rows;
  assert(U.cols === n && U.type === 'f32' && Y.cols === n, `solving ${Y.rows}×${Y.cols} by ${U.rows}×${U.cols}`);
  const panels = panelsOf(gpu, Y.rows, n);
  for (let first = 0; first < n; first += block) {
    using local = gpu.scope('rows of the triangle');
    const end = Math.min(first + block, n);
    const u = read(alignedRows(gpu, local, U, first, end).view);
    for (const panel of panels) {
      const rows = Math.min(panel.end, rowsOf(end)) - panel.begin;
      if (rows <= 0) continue;
      const y = readWrite(panelOf(Y, panel).view);
      gpu.run(triangularBlockKernel, {
        bind: { u, y },
        params: { rows, n, first, end, unit: diagonal === 'unit' ? 1 : 0 },
        workgroups: Math.ceil(rows / 64),
        work: rows * (end - first) ** 2,
      });
      const tiles = Math.ceil(rows / 4) * Math.ceil((n - end) / 4);
      const work = 32 * (end - first);
      for (let done = 0; done < tiles;) {
        const last = Math.min(tiles, done + gpu.slice(work, tiles - done, 64));
        gpu.run(triangularUpdateKernel, {
          bind: { u, y },
          params: { rows, n, first, end, first_tile: done, last_tile: last, outputs: 16 },
          workgroups: Math.ceil((last - done) / 64),
          work: work * (last - done),
        });
        done = last;
      }
    }
  }
}

/** Rows [begin, end), copied where a binding could not begin with them. */
function alignedRows(gpu: Gpu, scope: Scope, X: Matrix, begin: number, end: number): Matrix {
  const rows = rowRange(X, begin, end);
  if (rows.view.offset % 256 === 0) return rows;
  const copy = emptyMatrix(scope, rows.rows, rows.cols, 'rows');
  gpu.copy(rows.view, copy.view);
  return copy;
}
