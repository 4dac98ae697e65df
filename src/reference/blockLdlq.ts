/**
 * Block LDLQ in float64 as QuIP# has it (arXiv 2402.04396, section 4.1), for points of 8 columns on E8P: H damped = Lᵀ D L would walk
 * from the last block; read from the other end it is H = 𝐑 D 𝐑ᵀ with 𝐑 unit block upper triangular, and the walk goes from the first:
 *   Ŵ_b = nearest(W_b − Σ_{a<b} (Ŵ_a − W_a) 𝐑[a, b]).
 * 𝐑 by block elimination of H, so without the Cholesky factor that the kernels use.
 */
import { e8pCodeword, e8pRms, e8pSlices, e8pValue, pointWidth as width, type E8pBits } from './e8p';

/** A⁻¹·B for symmetric positive definite A [w, w], B [w, n], by elimination. */
function solve(A: Float64Array, B: Float64Array, w: number, n: number): Float64Array {
  const a = A.slice();
  const b = B.slice();
  for (let k = 0; k < w; k++) {
    for (let i = 0; i < w; i++) {
      if (i === k) continue;
      const f = (a[i * w + k] as number) / (a[k * w + k] as number);
      for (let j = k; j < w; j++) a[i * w + j] = (a[i * w + j] as number) - f * (a[k * w + j] as number);
      for (let j = 0; j < n; j++) b[i * n + j] = (b[i * n + j] as number) - f * (b[k * n + j] as number);
    }
  }
  return b.map((v, at) => v / (a[Math.floor(at / n) * (w + 1)] as number));
}

/** 𝐑 [n, n] with H = 𝐑 D 𝐑ᵀ, D block diagonal. n a multiple of 8. */
export function blockUnitUpper(H: ArrayLike<number>, n: number): Float64Array {
  const h = Float64Array.from(H);
  const R = new Float64Array(n * n);
  for (let b = n - width; b >= 0; b -= width) {
    const D = Float64Array.from(
      { length: width * width },
      (_, at) => h[(b + Math.floor(at / width)) * n + b + (at % width)] as number,
    );
    const above = Float64Array.from(
      { length: width * b },
      (_, at) => h[(b + Math.floor(at / b)) * n + (at % b)] as number,
    );
    // 𝐑[:b, b] = H[:b, b]·D⁻¹, so its transpose is D⁻¹·H[b, :b].
    const X = solve(D, above, width, b);
    for (let k = 0; k < width; k++) {
      R[(b + k) * (n + 1)] = 1;
      for (let i = 0; i < b; i++) R[i * n + b + k] = X[k * b + i] as number;
    }
    for (let i = 0; i < b; i++) {
      // Rows up to the end of their diagonal block: what lies beyond is not read again.
      const end = i - (i % width) + width;
      for (let k = 0; k < width; k++) {
        const x = X[k * b + i] as number;
        for (let j = 0; j < end; j++) h[i * n + j] = (h[i * n + j] as number) - x * (above[k * b + j] as number);
      }
    }
  }
  return R;
}

export interface E8pRounded {
  /** [rows, n]. */
  readonly What: Float64Array;
  /** [rows, filled]: slices of codewords; `filled` is n filled up to whole points. */
  readonly codes: Uint8Array;
}

/** 𝐑 [filled, filled] of H [n, n] undamped, filled up to whole points. */
export function pointFactor(H: ArrayLike<number>, n: number, damping = 0.01): Float64Array {
  const filled = Math.ceil(n / width) * width;
  return blockUnitUpper(damped(H, n, filled, damping), filled);
}

/**
 * W [rows, n]; 𝐑 of pointFactor, null to round to nearest. Weights that fill a last point up are zero. `follow` [rows, n]: errors of these
 * values are passed on in place of those of the values chosen here.
 */
export function roundE8p(
  W: ArrayLike<number>,
  R: Float64Array | null,
  rows: number,
  n: number,
  bits: E8pBits,
  follow: ArrayLike<number> | null = null,
): E8pRounded {
  const filled = Math.ceil(n / width) * width;
  let squares = 0;
  for (let i = 0; i < rows * n; i++) squares += (W[i] as number) ** 2;
  const scale = Math.fround(Math.sqrt(squares / (rows * n)) / e8pRms[bits]);
  const What = new Float64Array(rows * n);
  const codes = new Uint8Array(rows * filled);
  for (let r = 0; r < rows; r++) {
    const w = Float64Array.from({ length: filled }, (_, j) => (j < n ? (W[r * n + j] as number) : 0));
    const D = new Float64Array(filled);
    for (let b = 0; b < filled; b += width) {
      const x = w.slice(b, b + width);
      for (let k = 0; R && k < b; k++) {
        for (let i = 0; i < width; i++) {
          x[i] = (x[i] as number) - (D[k] as number) * (R[k * filled + b + i] as number);
        }
      }
      const codeword = e8pCodeword(
        x.map((v) => v / scale),
        bits,
      );
      const point = e8pValue(codeword, bits);
      codes.set(e8pSlices(codeword, bits), r * filled + b);
      for (let i = 0; i < width; i++) {
        const value = scale * (point[i] as number);
        D[b + i] = ((b + i < n ? follow?.[r * n + b + i] : undefined) ?? value) - (w[b + i] as number);
        if (b + i < n) What[r * n + b + i] = value;
      }
    }
  }
  return { What, codes };
}

/** H + damping·mean(diag H)·I, with inputs of mean strength that have nothing to do with the others where columns are filled up. */
function damped(H: ArrayLike<number>, n: number, filled: number, damping: number): Float64Array {
  let trace = 0;
  for (let j = 0; j < n; j++) trace += H[j * (n + 1)] as number;
  return Float64Array.from({ length: filled * filled }, (_, at) => {
    const [i, j] = [Math.floor(at / filled), at % filled];
    const h = i < n && j < n ? (H[i * n + j] as number) : i === j ? trace / n : 0;
    return i === j ? h + (damping * trace) / n : h;
  });
}
