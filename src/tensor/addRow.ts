/** Adds one row to every row of a matrix: the bias of a linear layer. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/add_row.wgsl?raw';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import type { Matrix } from './matrix';

export const addRowKernel = defineKernel({
  name: 'add_row',
  code,
  lib: [grid],
  bindings: { bias: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32' },
});

/** y [rows, cols] += bias [1, cols], both f32, in place. */
export function addRow(gpu: Gpu, y: Matrix, bias: Matrix): void {
  assert(bias.type === 'f32' && bias.rows * bias.cols === y.cols, `a bias of ${bias.cols} for ${y.cols} columns`);
  const count = y.rows * y.cols;
  gpu.run(addRowKernel, {
    bind: { bias: read(bias.view), y: readWrite(y.view) },
    params: { rows: y.rows, cols: y.cols },
    workgroups: Math.ceil(count / 64),
    work: 3 * count,
  });
}
