/**
 * Random bases in float64 as Kronecker products, from the papers: V = (A ⊗ B)·Π·diag(signs). QuIP (arXiv 2307.13304, section 4): A and B
 * random orthogonals, Π a random permutation. Hadamard (QuIP#, QuaRot): A the small factor, B Sylvester's, random signs.
 */
import { hadamardEntry, hadamardOf } from '../util/hadamard';
import { kroneckerFactors, randomOrthogonal, randomPermutation, randomSigns } from '../util/orthogonal';
import type { Rng } from '../util/rng';
import { kronecker } from './kronecker';
import { transpose } from './transpose';

export interface Basis {
  readonly width: number;
  /** [p, p] and [q, q], p·q = width. */
  readonly A: Float64Array;
  readonly B: Float64Array;
  /** Place of each column behind Π; its sign. */
  readonly order: Uint32Array;
  readonly signs: ArrayLike<number>;
}

export function hadamardBasis(width: number, rng: Rng): Basis {
  const factor = hadamardOf(width);
  const { order: p, power: q } = factor;
  const corner = hadamardEntry(factor, 0, 0);
  return {
    width,
    A: Float64Array.from({ length: p * p }, (_, at) => hadamardEntry(factor, q * Math.floor(at / p), q * (at % p))),
    B: Float64Array.from({ length: q * q }, (_, at) => hadamardEntry(factor, Math.floor(at / q), at % q) / corner),
    order: Uint32Array.from({ length: width }, (_, j) => j),
    signs: randomSigns(width, rng),
  };
}

export function kroneckerBasis(width: number, rng: Rng): Basis {
  const [p, q] = kroneckerFactors(width);
  return {
    width,
    A: randomOrthogonal(p, rng.fork('A')),
    B: randomOrthogonal(q, rng.fork('B')),
    order: randomPermutation(width, rng.fork('order')),
    signs: new Float64Array(width).fill(1),
  };
}

/** x·Vᵀ (forward) or x·V (inverse); every run of `width` of x [rows, cols], flat, is a row. */
export function turnColumns(
  x: ArrayLike<number>,
  { width, A, B, order, signs }: Basis,
  way: 'forward' | 'inverse' = 'forward',
): Float64Array {
  const [p, q] = [Math.sqrt(A.length), Math.sqrt(B.length)];
  const place = (at: number) => at - (at % width) + (order[at % width] as number);
  if (way === 'forward') {
    const moved = Float64Array.from(
      { length: x.length },
      (_, at) => (x[place(at)] as number) * (signs[order[at % width] as number] as number),
    );
    return kronecker(kronecker(moved, A, p, q), B, q, 1);
  }
  const turned = kronecker(kronecker(x, transpose(A, p, p), p, q), transpose(B, q, q), q, 1);
  const back = new Float64Array(x.length);
  turned.forEach((v, at) => (back[place(at)] = v * (signs[order[at % width] as number] as number)));
  return back;
}

/** U·x (forward) or Uᵀ·x (inverse) of x [rows, cols], run by run of its rows. */
export function turnRows(
  x: ArrayLike<number>,
  rows: number,
  cols: number,
  basis: Basis,
  way: 'forward' | 'inverse' = 'forward',
): Float64Array {
  return transpose(turnColumns(transpose(x, rows, cols), basis, way), cols, rows);
}
