/** Random orthogonal matrices, signs and permutations in float64 from a seed, and the factors of a Kronecker pair. No GPU code. */
import { assert } from './assert';
import type { Rng } from './rng';

/**
 * [n, n] row-major, uniform over the orthogonal group: the rows of a Gaussian matrix made orthonormal one after the other
 * (modified Gram-Schmidt), which is its QR decomposition with the signs that make diag R positive (Mezzadri, arXiv math-ph/0609050).
 */
export function randomOrthogonal(n: number, rng: Rng): Float64Array<ArrayBuffer> {
  assert(n >= 1, `an orthogonal matrix of order ${n}`);
  const q = Float64Array.from({ length: n * n }, () => rng.normal());
  for (let i = 0; i < n; i++) {
    const row = q.subarray(i * n, (i + 1) * n);
    const before = Math.sqrt(dot(row, row));
    removeRows(q, i, n, row);
    // A row that nearly lies in the span of the others has lost its digits: what is left is made orthogonal once more.
    if (Math.sqrt(dot(row, row)) < 0.01 * before) removeRows(q, i, n, row);
    const size = Math.sqrt(dot(row, row));
    for (let j = 0; j < n; j++) row[j] = (row[j] as number) / size;
  }
  return q;
}

/** row −= its parts along the first `count` rows of q. */
function removeRows(q: Float64Array, count: number, n: number, row: Float64Array): void {
  for (let k = 0; k < count; k++) {
    const other = q.subarray(k * n, (k + 1) * n);
    const along = dot(row, other);
    for (let j = 0; j < n; j++) row[j] = (row[j] as number) - along * (other[j] as number);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

/** n values of ±1, each with probability ½. */
export function randomSigns(n: number, rng: Rng): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: n }, () => (rng.uniform() < 0.5 ? -1 : 1));
}

/** The numbers 0 … n − 1 in random order (Fisher and Yates). */
export function randomPermutation(n: number, rng: Rng): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    const moved = order[i] as number;
    order[i] = order[j] as number;
    order[j] = moved;
  }
  return order;
}

/** p·q = n: the prime factors of n in rising order go to p and q in turn, so that both are near √n (QuIP, arXiv 2307.13304). */
export function kroneckerFactors(n: number): readonly [p: number, q: number] {
  assert(Number.isInteger(n) && n >= 1, `factors of ${n}`);
  const factors: [number, number] = [1, 1];
  let rest = n;
  let turn = 0;
  for (let prime = 2; rest > 1; prime++) {
    if (prime * prime > rest) prime = rest;
    for (; rest % prime === 0; rest /= prime, turn = 1 - turn) factors[turn] = (factors[turn] as number) * prime;
  }
  return factors;
}
