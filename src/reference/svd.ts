/** E = U Σ Vᵀ in float64 by one-sided Jacobi rotations of rows (Hestenes). Reference of tensor/lowRank.ts, by other means. */

export interface Svd {
  /** [m, m]: column i belongs to values[i]; columns of zero values are zero. */
  readonly U: Float64Array;
  /** [m], falling; those past the rank are zero. */
  readonly values: Float64Array;
  /** [m, n]: row i belongs to values[i]. */
  readonly Vt: Float64Array;
}

/** e [m, n], fastest where m ≤ n. */
export function svd(e: ArrayLike<number>, m: number, n: number): Svd {
  // Rotations Jᵀ make the rows of Jᵀ E orthogonal: Jᵀ E = Σ Vᵀ, E = J Σ Vᵀ.
  const rows = Array.from({ length: m }, (_, i) => Float64Array.from({ length: n }, (_, j) => e[i * n + j] as number));
  const turned = rows.map((_, i) => Float64Array.from({ length: m }, (_, j) => (i === j ? 1 : 0)));
  const dot = (x: Float64Array, y: Float64Array) => {
    let sum = 0;
    for (let k = 0; k < x.length; k++) sum += (x[k] as number) * (y[k] as number);
    return sum;
  };
  const turn = (x: Float64Array, y: Float64Array, c: number, s: number) => {
    for (let k = 0; k < x.length; k++) {
      const [a, b] = [x[k] as number, y[k] as number];
      x[k] = c * a - s * b;
      y[k] = s * a + c * b;
    }
  };
  for (let sweep = 0, done = false; !done && sweep < 40; sweep++) {
    done = true;
    for (let p = 0; p < m; p++) {
      for (let q = p + 1; q < m; q++) {
        const [x, y] = [rows[p] as Float64Array, rows[q] as Float64Array];
        const [a, b, g] = [dot(x, x), dot(y, y), dot(x, y)];
        if (Math.abs(g) <= 1e-12 * Math.sqrt(a * b)) continue;
        done = false;
        const zeta = (b - a) / (2 * g);
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        turn(x, y, c, c * t);
        turn(turned[p] as Float64Array, turned[q] as Float64Array, c, c * t);
      }
    }
  }
  const norms = rows.map((row) => Math.sqrt(dot(row, row)));
  const order = norms.map((_, i) => i).sort((i, j) => (norms[j] as number) - (norms[i] as number));
  const U = new Float64Array(m * m);
  const Vt = new Float64Array(m * n);
  order.forEach((from, to) => {
    const norm = norms[from] as number;
    if (norm === 0) return;
    for (let i = 0; i < m; i++) U[i * m + to] = turned[from]?.[i] as number;
    for (let j = 0; j < n; j++) Vt[to * n + j] = (rows[from]?.[j] as number) / norm;
  });
  return { U, values: Float64Array.from(order, (i) => norms[i] as number), Vt };
}
