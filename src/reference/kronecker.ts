/** One factor of a Kronecker product in float64. Twin of shaders/linalg/kronecker.wgsl. */

/** x [outer, order, inner] flat, m [order, order]: y[o, a, i] = Σ_c m[a, c]·x[o, c, i]. */
export function kronecker(
  x: ArrayLike<number>,
  m: ArrayLike<number>,
  order: number,
  inner: number,
): Float64Array<ArrayBuffer> {
  const y = new Float64Array(x.length);
  for (let begin = 0; begin < x.length; begin += order * inner) {
    for (let a = 0; a < order; a++) {
      for (let c = 0; c < order; c++) {
        const entry = m[a * order + c] as number;
        const [to, from] = [begin + a * inner, begin + c * inner];
        for (let i = 0; i < inner; i++) y[to + i] = (y[to + i] as number) + entry * (x[from + i] as number);
      }
    }
  }
  return y;
}
