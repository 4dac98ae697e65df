/** Matrices put together row by row, and taken apart again. Copies; for shared memory see matrix.ts rowRange. */
import { view, type Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { assert, present } from '../util/assert';
import { emptyMatrix, rowRange, type Matrix } from './matrix';

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
