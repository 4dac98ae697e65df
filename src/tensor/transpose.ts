/** The transpose of a matrix, as a copy. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/transpose.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

export const transposeKernel = defineKernel({
  name: 'transpose',
  code,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: {
    top: 'u32',
    rows: 'u32',
    left: 'u32',
    cols: 'u32',
    x_cols: 'u32',
    y_cols: 'u32',
    first_tile: 'u32',
  },
});

/** xᵀ [cols, rows] f32 of x [rows, cols] f32. */
export function transpose(gpu: Gpu, scope: Scope, x: Matrix): Matrix {
  assert(x.type === 'f32', `transpose of ${x.type}`);
  const y = emptyMatrix(scope, x.cols, x.rows, 'transpose');
  for (const down of panelsOf(gpu, x.rows, x.cols)) {
    for (const across of panelsOf(gpu, x.cols, x.rows)) {
      const [rows, cols] = [down.end - down.begin, across.end - across.begin];
      const bind = { x: read(panelOf(x, down).view), y: readWrite(panelOf(y, across).view) };
      const place = { top: down.begin, rows, left: across.begin, cols, x_cols: x.cols, y_cols: x.rows };
      const tiles = Math.ceil(rows / 16) * Math.ceil(cols / 16);
      for (let first = 0; first < tiles;) {
        const step = gpu.slice(512, tiles - first);
        gpu.run(transposeKernel, {
          bind,
          params: { ...place, first_tile: first },
          workgroups: step,
          work: 512 * step,
        });
        first += step;
      }
    }
  }
  return y;
}
