/** Parts of matrices as matrices of their own, and matrices put together. Copies; for shared memory see matrix.ts rowRange. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/copy_columns.wgsl?raw';
import { view, type Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert, present } from '../util/assert';
import { emptyMatrix, rowRange, type Matrix } from './matrix';

export const copyColumnsKernel = defineKernel({
  name: 'copy_columns',
  code,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', begin: 'u32', width: 'u32' },
});

/** Columns [begin, end) of x [rows, cols] f32, copied. */
export function copyColumns(gpu: Gpu, scope: Scope, x: Matrix, begin: number, end: number): Matrix {
  assert(x.type === 'f32' && begin >= 0 && begin < end && end <= x.cols, `columns ${begin}..${end} of ${x.cols}`);
  const width = end - begin;
  const y = emptyMatrix(scope, x.rows, width, 'columns');
  const count = x.rows * width;
  gpu.run(copyColumnsKernel, {
    bind: { x: read(x.view), y: readWrite(y.view) },
    params: { rows: x.rows, cols: x.cols, begin, width },
    workgroups: Math.ceil(count / 64),
    work: 2 * count,
  });
  return y;
}

/** Matrices of one width and type, one below the other, copied. 16-bit matrices must fill whole words. */
export function stackRows(gpu: Gpu, scope: Scope, matrices: readonly Matrix[]): Matrix {
  const { cols, type } = present(matrices[0], 'a matrix to stack');
  const rows = matrices.reduce((sum, m) => sum + m.rows, 0);
  const stacked = emptyMatrix(scope, rows, cols, 'stacked rows', type);
  let offset = stacked.view.offset;
  for (const matrix of matrices) {
    assert(
      matrix.cols === cols && matrix.type === type,
      `stacking ${matrix.cols} columns of ${matrix.type} on ${cols} of ${type}`,
    );
    gpu.copy(matrix.view, view(stacked.view.buffer, offset, matrix.view.bytes));
    offset += matrix.view.bytes;
  }
  return stacked;
}

/** The inverse of stackRows: parts of these row counts, copied, so that each may be bound whatever its offset was. */
export function splitRows(gpu: Gpu, scope: Scope, x: Matrix, counts: readonly number[]): Matrix[] {
  let begin = 0;
  const parts = counts.map((count) => {
    const part = emptyMatrix(scope, count, x.cols, 'rows', x.type);
    gpu.copy(rowRange(x, begin, begin + count).view, part.view);
    begin += count;
    return part;
  });
  assert(begin === x.rows, `${begin} rows split from ${x.rows}`);
  return parts;
}
