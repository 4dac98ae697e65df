/** Root-mean-square normalisation: y = x / √(mean x² + ε) · w (Zhang and Sennrich, 2019), of whole rows or of each head. */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/rms_norm.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';

export const rmsNormKernel = defineKernel({
  name: 'rms_norm',
  code,
  lib: [grid],
  bindings: { x: 'read', w: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', epsilon: 'f32', runs: 'u32' },
});

/** Lanes of a row of a norm: tens of columns each; short rows (heads, small models) share a workgroup, and so its barrier. */
export const normLanes = (cols: number) => (cols <= 128 ? 2 : cols <= 512 ? 8 : cols <= 1024 ? 16 : 32);

/**
 * x [rows, cols] f32, w [1, n] f32 with n dividing cols: every run of n columns is normalised by itself, so n = cols is the norm of
 * a block and n = head size that of queries and keys. With a `run` that divides n, every run of so many columns is, and each of the n columns
 * has a gain of its own. Returns [rows, cols].
 */
export function rmsNorm(gpu: Gpu, scope: Scope, x: Matrix, w: Matrix, epsilon: number, run = w.cols): Matrix {
  assert(x.type === 'f32' && w.type === 'f32' && x.cols % w.cols === 0, `a norm of ${w.cols} for ${x.cols} columns`);
  assert(w.cols % run === 0, `runs of ${run} in ${w.cols} gains`);
  const y = emptyMatrix(scope, x.rows, x.cols, 'norm');
  const rows = (x.rows * x.cols) / run;
  const lanes = normLanes(run);
  gpu.run(rmsNormKernel, {
    bind: { x: read(x.view), w: read(w.view), y: readWrite(y.view) },
    params: { rows, cols: run, epsilon, runs: w.cols / run },
    constants: { WG: 64, LANES: lanes },
    workgroups: Math.ceil(rows / (64 / lanes)),
    work: 6 * x.rows * x.cols,
  });
  return y;
}
