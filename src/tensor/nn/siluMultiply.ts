/** gate · sigmoid(gate) · up: the gated activation of SwiGLU (Shazeer, 2020). */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/silu_multiply.wgsl?raw';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';

export const siluMultiplyKernel = defineKernel({
  name: 'silu_multiply',
  code,
  lib: [grid],
  bindings: { up: 'read', gate: 'readWrite' },
  params: { count: 'u32' },
});

/** gate [rows, cols] f32 becomes silu(gate) · up, in place; returns it. */
export function siluMultiply(gpu: Gpu, gate: Matrix, up: Matrix): Matrix {
  const count = gate.rows * gate.cols;
  assert(gate.type === 'f32' && up.type === 'f32' && up.rows * up.cols === count, 'gate and up differ in shape');
  gpu.run(siluMultiplyKernel, {
    bind: { up: read(up.view), gate: readWrite(gate.view) },
    params: { count },
    workgroups: Math.ceil(count / 64),
    work: 8 * count,
  });
  return gate;
}
