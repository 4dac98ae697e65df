/** A transposed copy. */
import code from '../../shaders/linalg/transpose_copy.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';

export const transposeKernel = defineKernel({
  name: 'transpose_copy',
  code,
  bindings: { x: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32' },
});

/** xᵀ [cols, rows] of x [rows, cols] f32. */
export function transpose(gpu: Gpu, scope: Scope, x: Matrix): Matrix {
  assert(x.type === 'f32', `transpose of ${x.type}`);
  const y = emptyMatrix(scope, x.cols, x.rows, 'transposed');
  gpu.run(transposeKernel, {
    bind: { x: read(x.view), y: readWrite(y.view) },
    params: { rows: x.rows, cols: x.cols },
    workgroups: [Math.ceil(x.cols / 16), Math.ceil(x.rows / 16), 1],
    work: 2 * x.rows * x.cols,
  });
  return y;
}
