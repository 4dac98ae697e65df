/** tr((W − Ŵ) H (W − Ŵ)ᵀ), the objective of every recipe, row by row. */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { assert } from '../util/assert';
import { addInto } from './elementwise';
import { matmul } from './matmul';
import { emptyMatrix, readMatrix, type Matrix } from './matrix';
import { rowDot } from './rowDot';

/** [rows, 1] f32: (w − ŵ) H (w − ŵ)ᵀ for every row of W, Ŵ [rows, n] f32; H [n, n] symmetric f32, both triangles valid. */
export function proxyLoss(gpu: Gpu, scope: Scope, W: Matrix, What: Matrix, H: Matrix): Matrix {
  assert(W.type === 'f32' && What.type === 'f32', 'the proxy loss is of f32 matrices');
  using local = gpu.scope('proxy loss');
  const D = emptyMatrix(local, W.rows, W.cols, 'difference');
  gpu.copy(W.view, D.view);
  addInto(gpu, D, What, -1);
  // H is symmetric, so D·H = D·Hᵀ.
  return rowDot(gpu, scope, matmul(gpu, local, D, H), D);
}

/** The proxy loss of the whole matrix, its rows summed in float64. Waits for it. */
export async function totalProxyLoss(gpu: Gpu, W: Matrix, What: Matrix, H: Matrix): Promise<number> {
  using scope = gpu.scope('proxy loss');
  const rows = await readMatrix(gpu, proxyLoss(gpu, scope, W, What, H));
  return rows.reduce((sum, loss) => sum + loss, 0);
}
