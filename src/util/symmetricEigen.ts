/** Eigenvalues and vectors of a small symmetric matrix in float64, by cyclic Jacobi rotations. */

export interface Eigen {
  /** Falling. */
  readonly values: Float64Array<ArrayBuffer>;
  /** [n, n]: row i is the unit vector of values[i]. */
  readonly vectors: Float64Array<ArrayBuffer>;
}

/** Sweeps until no entry off the diagonal counts. Converges quadratically: about 8 for hundreds of rows, 30 never. */
const mostSweeps = 30;

/** a [n, n] symmetric, not changed. */
export function symmetricEigen(a: ArrayLike<number>, n: number): Eigen {
  const m = Float64Array.from({ length: n * n }, (_, at) => a[at] as number);
  const vectors = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  const scale = Math.sqrt(m.reduce((sum, v) => sum + v * v, 0));
  for (let sweep = 0, off = Infinity; sweep < mostSweeps && off > 1e-14 * scale; sweep++) {
    off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) off = Math.max(off, Math.abs(rotate(m, vectors, n, p, q)));
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (m[j * n + j] as number) - (m[i * n + i] as number),
  );
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => m[i * n + i] as number), vectors: sorted };
}

/** Makes entry [p, q] zero by a rotation of rows and columns p and q; returns what it was. */
function rotate(m: Float64Array, vectors: Float64Array, n: number, p: number, q: number): number {
  const [pp, qq, pq] = [m[p * n + p] as number, m[q * n + q] as number, m[p * n + q] as number];
  if (pq === 0) return 0;
  const theta = (qq - pp) / (2 * pq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  rotateRows(m, n, p, q, c, s);
  for (let k = 0, at = 0; k < n; k++, at += n) {
    const [x, y] = [m[at + p] as number, m[at + q] as number];
    m[at + p] = c * x - s * y;
    m[at + q] = s * x + c * y;
  }
  rotateRows(vectors, n, p, q, c, s);
  return pq;
}

function rotateRows(m: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [m[p * n + k] as number, m[q * n + k] as number];
    m[p * n + k] = c * x - s * y;
    m[q * n + k] = s * x + c * y;
  }
}
