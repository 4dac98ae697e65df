/** How large the weights of a column are beside the largest of their groups, on average over rows. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import peakCode from '../../shaders/stats/group_peak.wgsl?raw';
import code from '../../shaders/stats/relative_magnitude.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { emptyMatrix, type Matrix } from './matrix';

export const groupPeakKernel = defineKernel({
  name: 'group_peak',
  code: peakCode,
  lib: [grid],
  bindings: { W: 'read', peak: 'readWrite' },
  params: { cols: 'u32', groups: 'u32', group: 'u32', count: 'u32' },
});
export const relativeMagnitudeKernel = defineKernel({
  name: 'relative_magnitude',
  code,
  bindings: { W: 'read', peak: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', groups: 'u32', group: 'u32' },
});

/** [1, cols]: mean over rows of |w| / max |w| of the row's group of columns. W [rows, cols] f32; `group` Infinity: the whole row. */
export function relativeMagnitude(gpu: Gpu, scope: Scope, W: Matrix, group: number): Matrix {
  const { rows, cols } = W;
  const size = Math.min(group, cols);
  const groups = Math.ceil(cols / size);
  using local = gpu.scope('group peaks');
  const peak = emptyMatrix(local, rows, groups, 'peaks');
  gpu.run(groupPeakKernel, {
    bind: { W: read(W.view), peak: readWrite(peak.view) },
    params: { cols, groups, group: size, count: rows * groups },
    workgroups: Math.ceil((rows * groups) / 64),
    work: 2 * rows * cols,
  });
  const y = emptyMatrix(scope, 1, cols, 'relative weights');
  gpu.run(relativeMagnitudeKernel, {
    bind: { W: read(W.view), peak: read(peak.view), y: readWrite(y.view) },
    params: { rows, cols, groups, group: size },
    workgroups: Math.ceil(cols / 64),
    work: 4 * rows * cols,
  });
  return y;
}
