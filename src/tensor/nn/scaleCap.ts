/** Logits on their way out: scaled, and kept within a soft cap where the model has one (Gemma 2, 2024). In place. */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import softSign from '../../../shaders/lib/soft_sign.wgsl?raw';
import code from '../../../shaders/nn/scale_cap.wgsl?raw';
import { readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';

export const scaleCapKernel = defineKernel({
  name: 'scale_cap',
  code,
  lib: [softSign, grid],
  bindings: { z: 'readWrite' },
  params: { count: 'u32', factor: 'f32', cap: 'f32' },
});

/** z [rows, cols] f32 becomes cap · tanh(factor · z / cap), or factor · z without a cap. Nothing is run where that is z itself. */
export function scaleCap(gpu: Gpu, z: Matrix, factor: number, cap: number | null = null): Matrix {
  assert(z.type === 'f32', 'logits are f32');
  if (factor === 1 && cap === null) return z;
  const count = z.rows * z.cols;
  gpu.run(scaleCapKernel, {
    bind: { z: readWrite(z.view) },
    params: { count, factor, cap: cap ?? 0 },
    workgroups: Math.ceil(count / 64),
    work: 8 * count,
  });
  return z;
}
