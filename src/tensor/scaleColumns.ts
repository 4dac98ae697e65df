/** Columns of a matrix times factors, and rows too where asked: changes of scale of weights and of second moments. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/scale_columns.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

export const scaleColumnsKernel = defineKernel({
  name: 'scale_columns',
  code,
  lib: [grid],
  bindings: { x: 'read', a: 'read', b: 'read', y: 'readWrite' },
  params: { cols: 'u32', by_rows: 'u32', top: 'u32', first: 'u32', last: 'u32' },
});

/** diag(rows)·x·diag(cols), owned by the scope. x [m, n]; rows, where given, of m and cols of n elements; all f32. */
export function scaleColumns(gpu: Gpu, scope: Scope, x: Matrix, cols: Matrix, rows?: Matrix): Matrix {
  assert(x.type === 'f32' && cols.rows * cols.cols === x.cols, `${cols.rows * cols.cols} factors of ${x.cols} columns`);
  assert(!rows || rows.rows * rows.cols === x.rows, `factors of ${x.rows} rows`);
  const y = emptyMatrix(scope, x.rows, x.cols, 'scaled');
  for (const panel of panelsOf(gpu, x.rows, x.cols)) {
    const [from, to] = [panelOf(x, panel).view, panelOf(y, panel).view];
    const count = (panel.end - panel.begin) * x.cols;
    for (let first = 0; first < count;) {
      const last = Math.min(count, first + gpu.slice(3, count - first, 64));
      gpu.run(scaleColumnsKernel, {
        bind: { x: read(from), a: read((rows ?? cols).view), b: read(cols.view), y: readWrite(to) },
        params: { cols: x.cols, by_rows: rows ? 1 : 0, top: panel.begin, first, last },
        workgroups: Math.ceil((last - first) / 64),
        work: 3 * (last - first),
      });
      first = last;
    }
  }
  return y;
}
