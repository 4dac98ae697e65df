/** Mean |x| of every column, accumulated over batches of rows: how strong each input of a layer is. */
import code from '../../shaders/stats/column_magnitude.wgsl?raw';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import type { Matrix } from './matrix';

export const columnMagnitudeKernel = defineKernel({
  name: 'column_magnitude',
  code,
  bindings: { x: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', scale: 'f32' },
});

/** y [1, cols] += scale·Σ_rows |x|; x [rows, cols], both f32. With scale = 1 / all rows of all calls, y becomes the mean. */
export function accumulateMagnitude(gpu: Gpu, x: Matrix, y: Matrix, scale: number): void {
  const { rows, cols } = x;
  assert(x.type === 'f32' && y.type === 'f32' && y.rows === 1 && y.cols === cols, `magnitudes of ${cols} columns`);
  gpu.run(columnMagnitudeKernel, {
    bind: { x: read(x.view), y: readWrite(y.view) },
    params: { rows, cols, scale },
    workgroups: Math.ceil(cols / 64),
    work: 2 * rows * cols,
  });
}
