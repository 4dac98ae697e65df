/** (w − ŵ) H (w − ŵ)ᵀ per row in float64. Twin of tensor/proxyLoss.ts and shaders/linalg/row_dot.wgsl. */

/** w, what [rows, n]; h [n, n]. Returns [rows]. */
export function proxyLoss(
  w: ArrayLike<number>,
  what: ArrayLike<number>,
  h: ArrayLike<number>,
  rows: number,
  n: number,
): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => {
    const d = Float64Array.from({ length: n }, (_, j) => (w[r * n + j] as number) - (what[r * n + j] as number));
    let loss = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += (h[i * n + j] as number) * (d[j] as number);
      loss += sum * (d[i] as number);
    }
    return loss;
  });
}
