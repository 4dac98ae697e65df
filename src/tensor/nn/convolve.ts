/** Causal convolution of every channel by itself over the tokens of its window: the short mixing of state-space models. */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/convolve.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';

export const convolveKernel = defineKernel({
  name: 'convolve',
  code,
  lib: [grid],
  bindings: { x: 'read', w: 'read', b: 'read', y: 'readWrite' },
  params: { count: 'u32', channels: 'u32', taps: 'u32', length: 'u32', biased: 'u32' },
});

/**
 * x [tokens, channels], w channels · taps values row by row (the last tap of a row meets the token itself), bias [1, channels] or null,
 * all f32; tokens a multiple of `length`, the tokens of a window, before which there are zeros. Returns [tokens, channels].
 */
export function convolve(gpu: Gpu, scope: Scope, x: Matrix, w: Matrix, bias: Matrix | null, length: number): Matrix {
  const taps = (w.rows * w.cols) / x.cols;
  assert(
    x.type === 'f32' && w.type === 'f32' && Number.isInteger(taps),
    `${w.rows}×${w.cols} taps of ${x.cols} channels`,
  );
  assert(x.rows % length === 0, `windows of ${length} in ${x.rows} tokens`);
  assert(!bias || (bias.type === 'f32' && bias.cols === x.cols), `a bias of ${bias?.cols} for ${x.cols} channels`);
  const y = emptyMatrix(scope, x.rows, x.cols, 'convolution');
  const count = x.rows * x.cols;
  gpu.run(convolveKernel, {
    bind: { x: read(x.view), w: read(w.view), b: read((bias ?? w).view), y: readWrite(y.view) },
    params: { count, channels: x.cols, taps, length, biased: bias ? 1 : 0 },
    workgroups: Math.ceil(count / 64),
    work: (2 * taps + 2) * count,
  });
  return y;
}
