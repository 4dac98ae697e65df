/** tr((W − Ŵ) H (W − Ŵ)ᵀ), the objective of every recipe, row by row. */
import { view, type Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { assert } from '../util/assert';
import { addInto } from './elementwise';
import { matmul } from './matmul';
import { emptyMatrix, readMatrix, rowRange, type Matrix } from './matrix';
import { rowDot } from './rowDot';

/** Bytes of the differences that are held at once, and again of their product with H: rows are independent. */
const held = 2 ** 25;

/** [rows, 1] f32: (w − ŵ) H (w − ŵ)ᵀ for every row of W, Ŵ [rows, n] f32; H [n, n] symmetric f32, both triangles valid. */
export function proxyLoss(gpu: Gpu, scope: Scope, W: Matrix, What: Matrix, H: Matrix): Matrix {
  assert(W.type === 'f32' && What.type === 'f32', 'the proxy loss is of f32 matrices');
  const { rows, cols } = W;
  const losses = emptyMatrix(scope, rows, 1, 'losses');
  const step = Math.max(64, Math.floor(held / (4 * cols) / 64) * 64);
  for (let begin = 0; begin < rows; begin += step) {
    using local = gpu.scope('proxy loss');
    const end = Math.min(rows, begin + step);
    const D = emptyMatrix(local, end - begin, cols, 'difference');
    gpu.copy(rowRange(W, begin, end).view, D.view);
    addInto(gpu, D, rowRange(What, begin, end), -1);
    // H is symmetric, so D·H = D·Hᵀ.
    const part = rowDot(gpu, local, matmul(gpu, local, D, H), D);
    gpu.copy(part.view, view(losses.view.buffer, 4 * begin, part.view.bytes));
    // Submitted, so that the next rows have the same memory.
    if (end < rows) gpu.flush();
  }
  return losses;
}

/** The proxy loss of the whole matrix, its rows summed in float64. Waits for it. */
export async function totalProxyLoss(gpu: Gpu, W: Matrix, What: Matrix, H: Matrix): Promise<number> {
  using scope = gpu.scope('proxy loss');
  const rows = await readMatrix(gpu, proxyLoss(gpu, scope, W, What, H));
  return rows.reduce((sum, loss) => sum + loss, 0);
}
