/**
 * Matrices wider than a binding: rows in panels that one binding holds each, all in one buffer. Where panels are cut changes no bit of
 * any result. With them a layer's H may be as large as a buffer.
 */
import grid from '../../shaders/lib/grid.wgsl?raw';
import rangeCode from '../../shaders/linalg/column_range.wgsl?raw';
import placeCode from '../../shaders/linalg/place_columns.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, rowRange, type Matrix } from './matrix';

export const columnRangeKernel = defineKernel({
  name: 'column_range',
  code: rangeCode,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { cols: 'u32', first_col: 'u32', width: 'u32', count: 'u32' },
});

export const placeColumnsKernel = defineKernel({
  name: 'place_columns',
  code: placeCode,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { cols: 'u32', first_col: 'u32', width: 'u32', count: 'u32' },
});

/** Rows [begin, end). */
export interface Panel {
  readonly begin: number;
  readonly end: number;
}

/** Panels begin at multiples of so many rows: 64 rows of f32, however wide, begin at a multiple of the 256 bytes that bindings need. */
const quantum = 64;

/** The rows of f32 matrices of `cols` columns at most, in panels of which each is within a binding; one where all are. */
export function panelsOf(gpu: Gpu, rows: number, cols: number): Panel[] {
  const fit = Math.floor(gpu.bindable / (4 * cols));
  if (rows <= fit) return [{ begin: 0, end: rows }];
  const step = Math.floor(fit / quantum) * quantum;
  assert(step > 0, `${quantum} rows of ${cols} columns are more than a binding of ${gpu.bindable} bytes`);
  return Array.from({ length: Math.ceil(rows / step) }, (_, i) => ({
    begin: i * step,
    end: Math.min(rows, (i + 1) * step),
  }));
}

/** Those rows of the matrix. */
export const panelOf = (matrix: Matrix, { begin, end }: Panel): Matrix => rowRange(matrix, begin, end);

/** Columns [begin, end) of the first `rows` rows of x [any, cols] f32, copied: [rows, end − begin], owned by the scope. */
export function columnRange(gpu: Gpu, scope: Scope, x: Matrix, begin: number, end: number, rows = x.rows): Matrix {
  const width = end - begin;
  assert(
    x.type === 'f32' && begin >= 0 && width > 0 && end <= x.cols,
    `columns ${begin}..${end} of ${x.cols} ${x.type}`,
  );
  const y = emptyMatrix(scope, rows, width, 'columns');
  for (const panel of panelsOf(gpu, rows, x.cols)) {
    const count = (panel.end - panel.begin) * width;
    gpu.run(columnRangeKernel, {
      bind: { x: read(panelOf(x, panel).view), y: readWrite(panelOf(y, panel).view) },
      params: { cols: x.cols, first_col: begin, width, count },
      workgroups: Math.ceil(count / 64),
      work: 2 * count,
    });
  }
  return y;
}

/** The inverse of columnRange: x [rows, width] becomes columns [begin, begin + width) of the first rows of y [any, cols], both f32. */
export function placeColumns(gpu: Gpu, x: Matrix, y: Matrix, begin: number): void {
  const width = x.cols;
  assert(x.type === 'f32' && begin + width <= y.cols && x.rows <= y.rows, `${x.rows}×${width} in ${y.rows}×${y.cols}`);
  for (const panel of panelsOf(gpu, x.rows, y.cols)) {
    const count = (panel.end - panel.begin) * width;
    gpu.run(placeColumnsKernel, {
      bind: { x: read(panelOf(x, panel).view), y: readWrite(panelOf(y, panel).view) },
      params: { cols: y.cols, first_col: begin, width, count },
      workgroups: Math.ceil(count / 64),
      work: 2 * count,
    });
  }
}
