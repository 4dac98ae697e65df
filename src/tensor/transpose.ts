/** The transpose of a matrix, as a copy. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/transpose.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';

export const transposeKernel = defineKernel({
  name: 'transpose',
  code,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', first_tile: 'u32' },
});

/** xᵀ [cols, rows] f32 of x [rows, cols] f32 of at most 128 MiB. */
export function transpose(gpu: Gpu, scope: Scope, x: Matrix): Matrix {
  assert(x.type === 'f32', `transpose of ${x.type}`);
  const y = emptyMatrix(scope, x.cols, x.rows, 'transpose');
  const tiles = Math.ceil(x.rows / 16) * Math.ceil(x.cols / 16);
  for (let first = 0; first < tiles;) {
    const step = gpu.slice(512, tiles - first);
    gpu.run(transposeKernel, {
      bind: { x: read(x.view), y: readWrite(y.view) },
      params: { rows: x.rows, cols: x.cols, first_tile: first },
      workgroups: step,
      work: 512 * step,
    });
    first += step;
  }
  return y;
}
