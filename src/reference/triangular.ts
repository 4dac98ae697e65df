/** X·U⁻¹ for upper triangular U in float64. Twin of shaders/linalg/triangular_*.wgsl. */

/** x [rows, n], u [n, n] upper triangular. */
export function rightSolve(x: ArrayLike<number>, u: ArrayLike<number>, rows: number, n: number): Float64Array {
  const y = new Float64Array(rows * n);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < n; j++) {
      let sum = x[r * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (y[r * n + k] as number) * (u[k * n + j] as number);
      y[r * n + j] = sum / (u[j * (n + 1)] as number);
    }
  }
  return y;
}

/** U⁻¹ [n, n]. */
export function inverseUpper(u: ArrayLike<number>, n: number): Float64Array {
  return rightSolve(
    Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
    u,
    n,
    n,
  );
}
