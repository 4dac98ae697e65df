/**
 * The best approximation of rank r: the largest singular values of E and their vectors, by a randomised block Krylov space (Musco and
 * Musco, arXiv 1504.05477; the randomised methods of Halko, Martinsson and Tropp, 0909.4061). Rounding errors have a flat spectrum,
 * where plain subspace iteration with two steps leaves up to 2 % more than the best; the Krylov space of the same products, all
 * kept, leaves under 0.1 %. Products with E are on the GPU in f32; the few orthogonal rows are kept on the host in float64.
 * The space of rank r holds that of rank r − 1 (the random start is the same, with one row more), so errors fall with the rank.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { assert } from '../util/assert';
import type { Rng } from '../util/rng';
import { symmetricEigen } from '../util/symmetricEigen';
import { matmul } from './matmul';
import { readMatrix, uploadMatrix, type Matrix } from './matrix';

/** Rows of the start beyond the rank, and products with E Eᵀ: at 32 of 576 singular values, flat, 1e-4 above the best. */
const extraRows = 8;
const steps = 5;
/** What is left of a row when its part in the space is gone; less is the noise of f32 products. */
const noise = 1e-5;

/** E ≈ U·diag(values)·Vt, on the host. */
export interface TruncatedSvd {
  /** At most what was asked for: less where E itself has a smaller rank. */
  readonly rank: number;
  /** [m, rank], orthonormal columns. */
  readonly U: Float64Array<ArrayBuffer>;
  /** [rank], falling. */
  readonly values: Float64Array<ArrayBuffer>;
  /** [rank, n], orthonormal rows. */
  readonly Vt: Float64Array<ArrayBuffer>;
}

/** E [m, n] f32 of at most one binding. Deterministic for a state of `rng`, which it does not advance. Waits for the GPU. */
export async function truncatedSvd(gpu: Gpu, E: Matrix, rank: number, rng: Rng): Promise<TruncatedSvd> {
  const { rows: m, cols: n } = E;
  assert(E.type === 'f32' && rank >= 1, `rank ${rank} of a ${E.type} matrix`);
  const most = Math.min(m, n);
  const start = Math.min(rank + extraRows, most);
  const random = rng.fork('low-rank start');
  const basis: Float64Array[] = [];
  const images: Float64Array[] = [];
  let rows: Float64Array[] = Array.from({ length: start }, () =>
    Float64Array.from({ length: n }, () => random.normal()),
  );
  // A start of all rows spans the range of E at once.
  for (let step = start === most ? steps : 0; step <= steps && rows.length > 0; step++) {
    const fresh = orthogonalise(await product(gpu, rows, E, 'transposed'), basis).slice(0, most - basis.length);
    basis.push(...fresh);
    rows = fresh.length > 0 ? await product(gpu, fresh, E, 'plain') : [];
    images.push(...rows);
  }
  return compress(basis, images, m, n, Math.min(rank, basis.length));
}

/** The rows times Eᵀ ('transposed', [k, m]) or E ('plain', [k, n]). */
async function product(gpu: Gpu, rows: readonly Float64Array[], E: Matrix, b: 'transposed' | 'plain') {
  using scope: Scope = gpu.scope('low rank');
  const length = b === 'plain' ? E.rows : E.cols;
  const joined = new Float32Array(rows.length * length);
  rows.forEach((row, i) => joined.set(row, i * length));
  const result = await readMatrix(
    gpu,
    matmul(gpu, scope, uploadMatrix(scope, joined, rows.length, length, 'rows'), E, { b }),
  );
  const width = result.length / rows.length;
  return rows.map((_, i) => Float64Array.from(result.subarray(i * width, (i + 1) * width)));
}

/** Unit rows, orthogonal to the basis and to each other, that span what is new in `rows`. Gram-Schmidt, twice for its rounding. */
function orthogonalise(rows: readonly Float64Array[], basis: readonly Float64Array[]): Float64Array[] {
  const fresh: Float64Array[] = [];
  for (const row of rows) {
    const before = Math.sqrt(dot(row, row));
    for (let pass = 0; pass < 2; pass++) {
      for (const one of [...basis, ...fresh]) addScaled(row, one, -dot(row, one));
    }
    const after = Math.sqrt(dot(row, row));
    if (!(after > noise * before)) continue;
    fresh.push(row.map((v) => v / after));
  }
  return fresh;
}

/** With Q the basis and Z = Q E its images: Z Zᵀ = V Λ Vᵀ gives E ≈ (Qᵀ V)·√Λ·(Λ^−½ Vᵀ Z). */
function compress(
  basis: readonly Float64Array[],
  images: readonly Float64Array[],
  m: number,
  n: number,
  rank: number,
): TruncatedSvd {
  const size = basis.length;
  const gram = new Float64Array(size * size);
  images.forEach((x, i) => {
    images.slice(i).forEach((y, j) => (gram[i * size + i + j] = gram[(i + j) * size + i] = dot(x, y)));
  });
  const { values, vectors } = symmetricEigen(gram, size);
  const found = values.subarray(0, rank).filter((v) => v > noise ** 2 * (values[0] as number)).length;
  const U = new Float64Array(m * found);
  const Vt = new Float64Array(found * n);
  for (let r = 0; r < found; r++) {
    const left = new Float64Array(m);
    const right = Vt.subarray(r * n, (r + 1) * n);
    for (let i = 0; i < size; i++) {
      const weight = vectors[r * size + i] as number;
      addScaled(left, basis[i] as Float64Array, weight);
      addScaled(right, images[i] as Float64Array, weight / Math.sqrt(values[r] as number));
    }
    left.forEach((v, i) => (U[i * found + r] = v));
  }
  return { rank: found, U, values: values.slice(0, found).map(Math.sqrt), Vt };
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) * (y[i] as number);
  return sum;
}

function addScaled(y: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + factor * (x[i] as number);
}
