/** H = (1/tokens)·XᵀX in float64. Twin of shaders/linalg/gram.wgsl and finish_gram.wgsl. */

/** x [tokens, n] row-major. Returns [n, n]. */
export function gram(x: ArrayLike<number>, tokens: number, n: number): Float64Array {
  const h = new Float64Array(n * n);
  for (let t = 0; t < tokens; t++) {
    for (let i = 0; i < n; i++) {
      const xi = x[t * n + i] as number;
      for (let j = i; j < n; j++) h[i * n + j] = (h[i * n + j] as number) + (xi * (x[t * n + j] as number)) / tokens;
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) h[i * n + j] = h[j * n + i] as number;
  return h;
}
