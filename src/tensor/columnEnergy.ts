/** How far two matrices are from each other, column by column. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/stats/column_energy.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';

export const columnEnergyKernel = defineKernel({
  name: 'column_energy',
  code,
  lib: [grid],
  bindings: { x: 'read', y: 'read', z: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', first: 'u32', last: 'u32' },
});

/** [1, cols] f32: Σ_r (x − y)² of every column, for x, y [rows, cols] f32. */
export function columnEnergy(gpu: Gpu, scope: Scope, x: Matrix, y: Matrix): Matrix {
  const { rows, cols } = x;
  assert(y.rows === rows && y.cols === cols, `columns of ${rows}×${cols} and ${y.rows}×${y.cols}`);
  assert(x.type === 'f32' && y.type === 'f32', 'column sums are of f32 matrices');
  const z = emptyMatrix(scope, 1, cols, 'column sums');
  for (let first = 0; first < cols;) {
    const last = Math.min(cols, first + gpu.slice(3 * rows, cols - first, 64));
    gpu.run(columnEnergyKernel, {
      bind: { x: read(x.view), y: read(y.view), z: readWrite(z.view) },
      params: { rows, cols, first, last },
      workgroups: Math.ceil((last - first) / 64),
      work: 3 * rows * (last - first),
    });
    first = last;
  }
  return z;
}
