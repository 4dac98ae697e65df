/** The cross moment of two streams of inputs: how far one is off, against what the other is. */
import type { Gpu } from '../gpu/gpu';
import { addInto } from './elementwise';
import { matmul } from './matmul';
import { emptyMatrix, type Matrix } from './matrix';
import { transpose } from './transpose';

/** sum [n, n] += scale·(full − x)ᵀ x; full and x [tokens, n] f32. */
export function accumulateCross(gpu: Gpu, full: Matrix, x: Matrix, sum: Matrix, scale: number): void {
  using scope = gpu.scope('cross moment');
  const off = emptyMatrix(scope, x.rows, x.cols, 'difference');
  gpu.copy(full.view, off.view);
  addInto(gpu, off, x, -1);
  const product = matmul(gpu, scope, transpose(gpu, scope, off), x, { b: 'plain', label: 'cross moment' });
  addInto(gpu, sum, product, scale);
}
