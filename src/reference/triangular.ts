/** X·U⁻¹ for upper triangular U in float64. Twin of shaders/linalg/triangular_*.wgsl. */

/** x [rows, n], u [n, n] upper triangular. */
export function rightSolve(x: ArrayLike<number>, u: ArrayLike<number>, rows: number, n: number): Float64Array {
  const y = Float64Array.from({ length: rows * n }, (_, at) => x[at] as number);
  for (let r = 0; r < rows; r++) {
    const row = y.subarray(r * n, (r + 1) * n);
    for (let j = 0; j < n; j++) {
      const found = (row[j] as number) / (u[j * (n + 1)] as number);
      row[j] = found;
      // Row by row of U, which is how it lies in memory.
      for (let k = j + 1; found !== 0 && k < n; k++) row[k] = (row[k] as number) - found * (u[j * n + k] as number);
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

/** diagonal·I + factor·X above the diagonal blocks of `width` columns. x [n, n]. Twin of shaders/linalg/strict_upper.wgsl. */
export function strictUpper(
  x: ArrayLike<number>,
  n: number,
  diagonal: number,
  factor: number,
  width: number,
): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    if (i === j) return diagonal;
    return Math.floor(j / width) > Math.floor(i / width) ? factor * (x[at] as number) : 0;
  });
}
