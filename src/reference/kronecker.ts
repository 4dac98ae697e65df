/** One factor of a Kronecker product in float64. Twin of shaders/linalg/kronecker.wgsl. */

/** x [outer, order, inner] flat, m [order, order]: y[o, a, i] = Σ_c m[a, c]·x[o, c, i]. */
export function kronecker(
  x: ArrayLike<number>,
  m: ArrayLike<number>,
  order: number,
  inner: number,
): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: x.length }, (_, at) => {
    const i = at % inner;
    const a = Math.floor(at / inner) % order;
    const begin = at - a * inner - i;
    let sum = 0;
    for (let c = 0; c < order; c++) sum += (m[a * order + c] as number) * (x[begin + c * inner + i] as number);
    return sum;
  });
}
