/** Products of matrices summed along rows: the pieces of tr(A·Bᵀ) and of the proxy loss. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/row_dot.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';

export const rowDotKernel = defineKernel({
  name: 'row_dot',
  code,
  lib: [grid],
  bindings: { x: 'read', y: 'read', z: 'readWrite' },
  params: { rows: 'u32', cols: 'u32' },
});

/** [rows, 1] f32: Σ_c x[r, c]·y[r, c] for x, y [rows, cols] f32. The host sums rows in float64 to get tr(x·yᵀ). */
export function rowDot(gpu: Gpu, scope: Scope, x: Matrix, y: Matrix): Matrix {
  assert(x.rows === y.rows && x.cols === y.cols, `row products of ${x.rows}×${x.cols} and ${y.rows}×${y.cols}`);
  assert(x.type === 'f32' && y.type === 'f32', 'row products are of f32 matrices');
  const z = emptyMatrix(scope, x.rows, 1, 'row products');
  gpu.run(rowDotKernel, {
    bind: { x: read(x.view), y: read(y.view), z: readWrite(z.view) },
    params: { rows: x.rows, cols: x.cols },
    workgroups: x.rows,
    work: 2 * x.rows * x.cols,
  });
  return z;
}
