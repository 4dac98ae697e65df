/** The Hadamard rotation of columns in float64, from its dense matrix. Twin of shaders/linalg/hadamard.wgsl with kronecker.wgsl. */
import { hadamardEntry, hadamardOf } from '../util/hadamard';

/**
 * x [rows, cols]; every run of `width` columns is rotated by Q = (M ⊗ S)/√width. forward: x·diag(signs)·Qᵀ; inverse: x·Q·diag(signs).
 * Returns [rows, cols].
 */
export function hadamard(
  x: ArrayLike<number>,
  width: number,
  direction: 'forward' | 'inverse' = 'forward',
  signs: ArrayLike<number> | null = null,
): Float64Array<ArrayBuffer> {
  const factor = hadamardOf(width);
  const y = new Float64Array(x.length);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      const q = direction === 'forward' ? hadamardEntry(factor, i, j) : hadamardEntry(factor, j, i);
      const sign = signs ? (signs[direction === 'forward' ? j : i] as number) : 1;
      for (let run = 0; run < x.length; run += width) {
        y[run + i] = (y[run + i] as number) + q * sign * (x[run + j] as number);
      }
    }
  }
  return y;
}
