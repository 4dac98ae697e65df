/** H + damping·mean(diag H)·I = R·Rᵀ, R upper triangular, in float64. Twin of shaders/linalg/cholesky_*.wgsl. */

/** h [n, n] symmetric. Returns R [n, n], or null when a pivot is not positive. */
export function choleskyUpper(h: ArrayLike<number>, n: number, damping: number): Float64Array | null {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += h[i * n + i] as number;
  const r = new Float64Array(n * n);
  for (let k = n - 1; k >= 0; k--) {
    for (let i = k; i >= 0; i--) {
      let sum = h[i * n + k] as number;
      if (i === k) sum += (damping * trace) / n;
      for (let l = k + 1; l < n; l++) sum -= (r[i * n + l] as number) * (r[k * n + l] as number);
      if (i < k) r[i * n + k] = sum / (r[k * n + k] as number);
      else if (sum > 0 && Number.isFinite(sum)) r[k * n + k] = Math.sqrt(sum);
      else return null;
    }
  }
  return r;
}

/** R̃ = R·diag(R)⁻¹. Twin of shaders/linalg/unit_upper.wgsl. */
export function unitUpper(r: ArrayLike<number>, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => (r[at] as number) / (r[(at % n) * (n + 1)] as number));
}
