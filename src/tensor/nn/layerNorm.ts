/** Layer normalisation: y = (x − mean) / √(variance + ε) · w + b of whole rows, the variance over all columns (Ba et al., 2016). */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/layer_norm.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';
import { normLanes } from './rmsNorm';

export const layerNormKernel = defineKernel({
  name: 'layer_norm',
  code,
  lib: [grid],
  bindings: { x: 'read', w: 'read', b: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', epsilon: 'f32' },
});

/** x [rows, cols] f32, gains w and bias b [1, cols] f32. Returns [rows, cols]. */
export function layerNorm(gpu: Gpu, scope: Scope, x: Matrix, w: Matrix, b: Matrix, epsilon: number): Matrix {
  const { rows, cols } = x;
  assert(x.type === 'f32' && w.cols === cols && b.cols === cols, `a norm of ${w.cols} for ${cols} columns`);
  const y = emptyMatrix(scope, rows, cols, 'norm');
  const lanes = normLanes(cols);
  gpu.run(layerNormKernel, {
    bind: { x: read(x.view), w: read(w.view), b: read(b.view), y: readWrite(y.view) },
    params: { rows, cols, epsilon },
    constants: { WG: 64, LANES: lanes },
    workgroups: Math.ceil(rows / (64 / lanes)),
    work: 9 * rows * cols,
  });
  return y;
}
