/**
 * A Hadamard-like rotation for any width n = K·2^k, as a Kronecker product of a small matrix and Sylvester's: Q = (M ⊗ S)/√n with
 * S[i, j] = (−1)^popcount(i & j) of order 2^k. Deterministic: the same n gives the same Q, so it takes no storage.
 */
import { assert } from './assert';
import { hadamardMatrix } from './hadamardMatrices';
import { randomOrthogonal } from './orthogonal';
import { createRng } from './rng';

/** `hadamard`: all entries ±1. `orthogonal`: M random orthogonal, scaled. `block-hadamard`: M = √K·I, chunks do not mix. */
export type HadamardKind = 'hadamard' | 'orthogonal' | 'block-hadamard';

export interface HadamardFactor {
  readonly kind: HadamardKind;
  /** n = order·power. */
  readonly n: number;
  /** K. */
  readonly order: number;
  /** 2^k. */
  readonly power: number;
  /** M [order, order] row-major with M Mᵀ = order·I. */
  readonly matrix: Float64Array<ArrayBuffer>;
}

/** Order of a random orthogonal factor up to which mixing all columns is worth n·K operations a row; wider ones stay in blocks. */
const widestOrthogonal = 512;
/** Order of a Hadamard factor that is still cheap to apply as a dense matrix; the largest needed by known models is 172. */
const widestMatrix = 1024;

const known = new Map<number, HadamardFactor>();

/**
 * The rotation of width n: a Hadamard matrix with the smallest K where Sylvester, Paley (prime q) or Williamson give one; otherwise
 * a random orthogonal matrix of the odd part of n times Sylvester's; otherwise, for a large odd part, Sylvester's alone in blocks.
 */
export function hadamardOf(n: number): HadamardFactor {
  assert(Number.isInteger(n) && n >= 1, `a Hadamard matrix of order ${n}`);
  const found = known.get(n) ?? construct(n);
  known.set(n, found);
  return found;
}

function construct(n: number): HadamardFactor {
  let odd = n;
  while (odd % 2 === 0) odd /= 2;
  for (let order = odd; order <= Math.min(n, widestMatrix) && n % order === 0; order *= 2) {
    const matrix = hadamardMatrix(order);
    if (matrix) return { kind: 'hadamard', n, order, power: n / order, matrix };
  }
  if (odd <= widestOrthogonal) {
    const matrix = randomOrthogonal(odd, createRng(odd).fork('hadamard')).map((v) => v * Math.sqrt(odd));
    return { kind: 'orthogonal', n, order: odd, power: n / odd, matrix };
  }
  const matrix = new Float64Array(odd * odd);
  for (let i = 0; i < odd; i++) matrix[i * (odd + 1)] = Math.sqrt(odd);
  return { kind: 'block-hadamard', n, order: odd, power: n / odd, matrix };
}

/**
 * Operations of Q on one row of n: each an addition, a multiplication, or the two in one. Butterflies for Sylvester's factor, a dense product for
 * M where it mixes; 1/√n is left to the scales of what reads the row.
 */
export function hadamardOperations(n: number): number {
  const { kind, order, power } = hadamardOf(n);
  const dense = { hadamard: order - 1, orthogonal: order, 'block-hadamard': 0 }[kind];
  return n * (dense + Math.log2(power));
}

/** Q[i, j] of the normalised rotation. */
export function hadamardEntry({ n, order, power, matrix }: HadamardFactor, i: number, j: number): number {
  const m = matrix[Math.floor(i / power) * order + Math.floor(j / power)] as number;
  return (m * sylvester(i % power, j % power)) / Math.sqrt(n);
}

/** (−1)^popcount(i & j). */
export function sylvester(i: number, j: number): 1 | -1 {
  let bits = i & j;
  let odd = 0;
  for (; bits; bits &= bits - 1) odd ^= 1;
  return odd ? -1 : 1;
}
