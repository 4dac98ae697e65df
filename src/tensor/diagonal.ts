/** The diagonal of a square matrix, and its mean. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import diagonalCode from '../../shaders/linalg/diagonal.wgsl?raw';
import meanCode from '../../shaders/linalg/diagonal_mean.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';

export const diagonalKernel = defineKernel({
  name: 'diagonal',
  code: diagonalCode,
  lib: [grid],
  bindings: { h: 'read', d: 'readWrite' },
  params: { n: 'u32' },
});

export const diagonalMeanKernel = defineKernel({
  name: 'diagonal_mean',
  code: meanCode,
  bindings: { h: 'read', mean: 'readWrite' },
  params: { n: 'u32' },
});

/** [1, n] f32: the diagonal of h [n, n]. */
export function diagonal(gpu: Gpu, scope: Scope, h: Matrix): Matrix {
  assert(h.rows === h.cols && h.type === 'f32', `diagonal of ${h.rows}×${h.cols} ${h.type}`);
  const d = emptyMatrix(scope, 1, h.rows, 'diagonal');
  gpu.run(diagonalKernel, {
    bind: { h: read(h.view), d: readWrite(d.view) },
    params: { n: h.rows },
    workgroups: Math.ceil(h.rows / 64),
    work: h.rows,
  });
  return d;
}

/** [1, 1] f32: the mean of the diagonal of h [n, n], summed in a fixed order. */
export function diagonalMean(gpu: Gpu, scope: Scope, h: Matrix): Matrix {
  assert(h.rows === h.cols && h.type === 'f32', `diagonal of ${h.rows}×${h.cols} ${h.type}`);
  const mean = emptyMatrix(scope, 1, 1, 'diagonal mean');
  gpu.run(diagonalMeanKernel, {
    bind: { h: read(h.view), mean: readWrite(mean.view) },
    params: { n: h.rows },
    workgroups: 1,
    work: h.rows,
  });
  return mean;
}
