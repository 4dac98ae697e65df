/** Sums and multiples of matrices, element by element, in place. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import addScaledCode from '../../shaders/linalg/add_scaled.wgsl?raw';
import scaleAllCode from '../../shaders/linalg/scale_all.wgsl?raw';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import type { Matrix } from './matrix';

export const addScaledKernel = defineKernel({
  name: 'add_scaled',
  code: addScaledCode,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { count: 'u32', factor: 'f32' },
});

export const scaleAllKernel = defineKernel({
  name: 'scale_all',
  code: scaleAllCode,
  lib: [grid],
  bindings: { y: 'readWrite' },
  params: { count: 'u32', factor: 'f32' },
});

/** y += factor·x, both [rows, cols] f32. */
export function addInto(gpu: Gpu, y: Matrix, x: Matrix, factor = 1): void {
  assert(y.rows === x.rows && y.cols === x.cols, `${x.rows}×${x.cols} added to ${y.rows}×${y.cols}`);
  assert(y.type === 'f32' && x.type === 'f32', 'sums are of f32 matrices');
  const count = y.rows * y.cols;
  gpu.run(addScaledKernel, {
    bind: { x: read(x.view), y: readWrite(y.view) },
    params: { count, factor },
    workgroups: Math.ceil(count / 64),
    work: 3 * count,
  });
}

/** y *= factor, y [rows, cols] f32. */
export function scaleInto(gpu: Gpu, y: Matrix, factor: number): void {
  assert(y.type === 'f32', 'multiples are of f32 matrices');
  const count = y.rows * y.cols;
  gpu.run(scaleAllKernel, {
    bind: { y: readWrite(y.view) },
    params: { count, factor },
    workgroups: Math.ceil(count / 64),
    work: 2 * count,
  });
}
