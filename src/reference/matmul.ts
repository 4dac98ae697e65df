/** C = A·op(B) in float64. Twin of shaders/linalg/matmul_*.wgsl. */

/** a [m, k]; b [n, k] ('transposed') or [k, n] ('plain'); row-major. Returns [m, n]. */
export function matmul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  m: number,
  n: number,
  k: number,
  layout: 'transposed' | 'plain' = 'transposed',
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) {
        sum += (a[i * k + l] as number) * (b[layout === 'plain' ? l * n + j : j * k + l] as number);
      }
      c[i * n + j] = sum;
    }
  }
  return c;
}
