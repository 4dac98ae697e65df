/** Sums of matrices, element by element, in place. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import addScaledCode from '../../shaders/linalg/add_scaled.wgsl?raw';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import type { Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

export const addScaledKernel = defineKernel({
  name: 'add_scaled',
  code: addScaledCode,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { count: 'u32', factor: 'f32' },
});

/** y += factor·x, both [rows, cols] f32. */
export function addInto(gpu: Gpu, y: Matrix, x: Matrix, factor = 1): void {
  assert(y.rows === x.rows && y.cols === x.cols, `${x.rows}×${x.cols} added to ${y.rows}×${y.cols}`);
  assert(y.type === 'f32' && x.type === 'f32', 'sums are of f32 matrices');
  for (const panel of panelsOf(gpu, y.rows, y.cols)) {
    const count = (panel.end - panel.begin) * y.cols;
    gpu.run(addScaledKernel, {
      bind: { x: read(panelOf(x, panel).view), y: readWrite(panelOf(y, panel).view) },
      params: { count, factor },
      workgroups: Math.ceil(count / 64),
      work: 3 * count,
    });
  }
}
