/** Copies of matrices with zeros added at the right and the bottom, so that kernels may read whole vectors. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/pad_copy.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, rowRange, type Matrix } from './matrix';
import { panelsOf } from './panels';

export const padCopyKernel = defineKernel({
  name: 'pad_copy',
  code,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', out_rows: 'u32', out_cols: 'u32' },
});

/** x [rows, cols] inside zeros [outRows, outCols], same element type. A smaller size cuts instead. */
export function padCopy(gpu: Gpu, scope: Scope, x: Matrix, outRows: number, outCols: number): Matrix {
  const y = emptyMatrix(scope, outRows, outCols, 'padded', x.type);
  const width = x.type === 'f32' ? 1 : 2;
  const panels = panelsOf(gpu, outRows, Math.max(outCols, x.cols) / width);
  assert(panels.length === 1 || x.rows >= outRows, `${outRows} rows filled up from ${x.rows} exceed a binding`);
  for (const { begin, end } of panels) {
    const rows = Math.min(end, x.rows) - begin;
    const words = ((end - begin) * outCols) / width;
    gpu.run(padCopyKernel, {
      bind: { x: read(rowRange(x, begin, begin + rows).view), y: readWrite(rowRange(y, begin, end).view) },
      params: { rows, cols: x.cols, out_rows: end - begin, out_cols: outCols },
      constants: { WIDTH: width },
      workgroups: Math.ceil(words / 64),
      work: 4 * words,
    });
  }
  return y;
}
