/** The inverse of a small symmetric positive definite matrix in float64, by its Cholesky factor. */
import { NumericError } from './errors';

/** a [n, n]. @throws NumericError when a pivot is not positive. */
export function inverseSymmetric(a: ArrayLike<number>, n: number): Float64Array<ArrayBuffer> {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
      if (i > j) l[i * n + j] = sum / (l[j * n + j] as number);
      else if (sum > 0 && sum < Infinity) l[j * n + j] = Math.sqrt(sum);
      else {
        throw new NumericError(
          'not-positive-definite',
          `pivot ${j} of a matrix [${n}, ${n}] is ${sum}; expected a positive number. H is not a second moment of inputs.`,
          { pivot: j, size: n },
        );
      }
    }
  }
  // Columns of L⁻¹ into x, then A⁻¹ = L⁻ᵀ L⁻¹.
  const x = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= (l[i * n + k] as number) * (x[k * n + j] as number);
      x[i * n + j] = sum / (l[i * n + i] as number);
    }
  }
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += (x[k * n + i] as number) * (x[k * n + j] as number);
      inverse[i * n + j] = inverse[j * n + i] = sum;
    }
  }
  return inverse;
}
