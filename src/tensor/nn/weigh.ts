/** sigmoid(gate) · x, one gate for every row: how much of a shared expert a token takes (Yang et al., 2024). */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/weigh.wgsl?raw';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';

export const weighKernel = defineKernel({
  name: 'weigh',
  code,
  lib: [grid],
  bindings: { gate: 'read', x: 'readWrite' },
  params: { rows: 'u32', cols: 'u32' },
});

/** x [rows, cols] f32 becomes sigmoid(gate) · x, gate [rows, 1] f32, in place; returns it. */
export function weigh(gpu: Gpu, x: Matrix, gate: Matrix): Matrix {
  const { rows, cols } = x;
  assert(x.type === 'f32' && gate.type === 'f32' && gate.rows === rows && gate.cols === 1, `a gate of ${rows} rows`);
  gpu.run(weighKernel, {
    bind: { gate: read(gate.view), x: readWrite(x.view) },
    params: { rows, cols },
    workgroups: Math.ceil((rows * cols) / 64),
    work: 8 * rows * cols,
  });
  return x;
}
