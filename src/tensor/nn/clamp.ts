/** Values kept within ±limit: queries, keys and values of OLMoE (Muennighoff et al., 2024). */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/clamp.wgsl?raw';
import { readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';

export const clampKernel = defineKernel({
  name: 'clamp',
  code,
  lib: [grid],
  bindings: { x: 'readWrite' },
  params: { count: 'u32', limit: 'f32' },
});

/** x [rows, cols] f32 becomes min(max(x, −limit), limit), in place; returns it. */
export function clamp(gpu: Gpu, x: Matrix, limit: number): Matrix {
  assert(x.type === 'f32' && limit >= 0, `values within ±${limit}`);
  const count = x.rows * x.cols;
  gpu.run(clampKernel, {
    bind: { x: readWrite(x.view) },
    params: { count, limit },
    workgroups: Math.ceil(count / 64),
    work: 3 * count,
  });
  return x;
}
