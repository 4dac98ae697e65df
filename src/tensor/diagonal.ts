/** The diagonal of a square matrix, its mean, and the blocks along it. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import blocksCode from '../../shaders/linalg/diagonal_blocks.wgsl?raw';
import diagonalCode from '../../shaders/linalg/diagonal.wgsl?raw';
import meanCode from '../../shaders/linalg/diagonal_mean.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

export const diagonalKernel = defineKernel({
  name: 'diagonal',
  code: diagonalCode,
  lib: [grid],
  bindings: { h: 'read', d: 'readWrite' },
  params: { n: 'u32', top: 'u32', rows: 'u32' },
});

export const diagonalMeanKernel = defineKernel({
  name: 'diagonal_mean',
  code: meanCode,
  bindings: { d: 'read', mean: 'readWrite' },
  params: { n: 'u32' },
});

export const diagonalBlocksKernel = defineKernel({
  name: 'diagonal_blocks',
  code: blocksCode,
  lib: [grid],
  bindings: { h: 'read', y: 'readWrite' },
  params: { n: 'u32', group: 'u32', top: 'u32', rows: 'u32' },
});

/** [1, n] f32: the diagonal of h [n, n]. */
export function diagonal(gpu: Gpu, scope: Scope, h: Matrix): Matrix {
  assert(h.rows === h.cols && h.type === 'f32', `diagonal of ${h.rows}×${h.cols} ${h.type}`);
  const d = emptyMatrix(scope, 1, h.rows, 'diagonal');
  for (const panel of panelsOf(gpu, h.rows, h.cols)) {
    const rows = panel.end - panel.begin;
    gpu.run(diagonalKernel, {
      bind: { h: read(panelOf(h, panel).view), d: readWrite(d.view) },
      params: { n: h.rows, top: panel.begin, rows },
      workgroups: Math.ceil(rows / 64),
      work: rows,
    });
  }
  return d;
}

/** [1, 1] f32: the mean of the diagonal of h [n, n], summed in a fixed order. */
export function diagonalMean(gpu: Gpu, scope: Scope, h: Matrix): Matrix {
  assert(h.rows === h.cols && h.type === 'f32', `diagonal of ${h.rows}×${h.cols} ${h.type}`);
  using local = gpu.scope('diagonal');
  const mean = emptyMatrix(scope, 1, 1, 'diagonal mean');
  gpu.run(diagonalMeanKernel, {
    bind: { d: read(diagonal(gpu, local, h).view), mean: readWrite(mean.view) },
    params: { n: h.rows },
    workgroups: 1,
    work: h.rows,
  });
  return mean;
}

/** [n, group] f32: the blocks of `group` columns along the diagonal of h [n, n], one below the other; the last one filled with zeros. */
export function diagonalBlocks(gpu: Gpu, scope: Scope, h: Matrix, group: number): Matrix {
  assert(h.rows === h.cols && h.type === 'f32', `diagonal blocks of ${h.rows}×${h.cols} ${h.type}`);
  const y = emptyMatrix(scope, h.rows, group, 'diagonal blocks');
  for (const panel of panelsOf(gpu, h.rows, h.cols)) {
    const rows = panel.end - panel.begin;
    gpu.run(diagonalBlocksKernel, {
      bind: { h: read(panelOf(h, panel).view), y: readWrite(panelOf(y, panel).view) },
      params: { n: h.rows, group, top: panel.begin, rows },
      workgroups: Math.ceil((rows * group) / 64),
      work: 2 * rows * group,
    });
  }
  return y;
}
