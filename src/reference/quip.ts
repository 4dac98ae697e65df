/**
 * QuIP's rounding in float64, from the paper (arXiv 2307.13304): LDLQ in the units of the grid with H = (L + I) D (L + I)ᵀ, and greedy
 * passes. Columns run from the last to the first, as there, and its scale is the half that is stored: the walk of shaders/rounding/compensate.wgsl on reversed columns.
 */
import { nearestHalf, roundHalfEven } from '../util/halfFloat';

export interface QuipOptions {
  readonly bits: number;
  /** Of the root mean square of W. */
  readonly multiplier: number;
  readonly damping: number;
  readonly passes: number;
}

/** W [rows, n], H [n, n] undamped. Ŵ [rows, n]. Codes are clamped as they are chosen, in the passes too. */
export function quipRound(
  W: ArrayLike<number>,
  H: ArrayLike<number>,
  rows: number,
  n: number,
  { bits, multiplier, damping, passes }: QuipOptions,
): Float64Array<ArrayBuffer> {
  const top = 2 ** bits - 1;
  let squares = 0;
  for (let i = 0; i < rows * n; i++) squares += (W[i] as number) ** 2;
  const s = nearestHalf(multiplier * Math.sqrt(squares / (rows * n)) + 1e-16);
  const damped = addToDiagonal(H, n, damping);
  const L = unitLower(damped, n);
  const round = (x: number) => Math.min(Math.max(roundHalfEven(x), 0), top);
  const What = new Float64Array(rows * n);
  for (let r = 0; r < rows; r++) {
    const w = Float64Array.from({ length: n }, (_, j) => (((W[r * n + j] as number) / s + 1) / 2) * top);
    const q = w.slice();
    for (let i = n - 1; i >= 0; i--) {
      let x = w[i] as number;
      for (let k = i + 1; k < n; k++) x += ((w[k] as number) - (q[k] as number)) * (L[k * n + i] as number);
      q[i] = round(x);
    }
    for (let pass = 0; pass < passes; pass++) {
      for (let i = n - 1; i >= 0; i--) {
        let x = 0;
        for (let k = 0; k < n; k++) x += ((q[k] as number) - (w[k] as number)) * (damped[k * n + i] as number);
        q[i] = round((q[i] as number) - x / (damped[i * (n + 1)] as number));
      }
    }
    for (let j = 0; j < n; j++) What[r * n + j] = (((q[j] as number) / top) * 2 - 1) * s;
  }
  return What;
}

function addToDiagonal(H: ArrayLike<number>, n: number, damping: number): Float64Array {
  const damped = Float64Array.from(H);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += damped[i * (n + 1)] as number;
  for (let i = 0; i < n; i++) damped[i * (n + 1)] = (damped[i * (n + 1)] as number) + (damping * trace) / n;
  return damped;
}

/** L with ones on the diagonal of H = L D Lᵀ. */
function unitLower(H: Float64Array, n: number): Float64Array {
  const L = new Float64Array(n * n);
  const D = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = H[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (L[i * n + k] as number) * (L[j * n + k] as number) * (D[k] as number);
      if (i === j) D[j] = sum;
      L[i * n + j] = i === j ? 1 : sum / (D[j] as number);
    }
  }
  return L;
}
