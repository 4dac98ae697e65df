/** ln(1 + e^(x + b)), kept within limits: the step sizes of state-space models (Gu and Dao, 2023; Dao and Gu, 2024). */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import fade from '../../../shaders/lib/fade.wgsl?raw';
import code from '../../../shaders/nn/softplus.wgsl?raw';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';

export const softplusKernel = defineKernel({
  name: 'softplus',
  code,
  lib: [grid, fade],
  bindings: { b: 'read', x: 'readWrite' },
  params: { count: 'u32', cols: 'u32', low: 'f32', high: 'f32' },
});

/** What results are kept within, ends included. */
export interface Limits {
  readonly low: number;
  /** Infinity for none. */
  readonly high: number;
}

const largestFloat = 3.4028234663852886e38;

/** x [rows, cols] f32 becomes softplus(x + bias) within the limits, in place; bias [1, cols] f32. Returns x. */
export function softplus(
  gpu: Gpu,
  x: Matrix,
  bias: Matrix,
  { low, high }: Limits = { low: 0, high: Infinity },
): Matrix {
  assert(
    x.type === 'f32' && bias.type === 'f32' && bias.cols === x.cols,
    `a bias of ${bias.cols} for ${x.cols} columns`,
  );
  const count = x.rows * x.cols;
  gpu.run(softplusKernel, {
    bind: { b: read(bias.view), x: readWrite(x.view) },
    // Shaders may take infinities for whatever they like; a float32 is never above the largest.
    params: { count, cols: x.cols, low, high: Math.min(high, largestFloat) },
    workgroups: Math.ceil(count / 64),
    work: 32 * count,
  });
  return x;
}
