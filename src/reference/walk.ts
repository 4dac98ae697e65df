/**
 * The column walk of GPTQ (arXiv 2210.17323) and GPTAQ (arXiv 2504.02692) in float64 on any grid of single columns, as published:
 * weights updated in place by U, the upper Cholesky factor of H⁻¹. It is what compensate.ts and asymmetric.ts have for the uniform grid;
 * here the factor is given, so that one serves many widths.
 */
import { choleskyUpper } from './cholesky';
import { inverseUpper } from './triangular';

/** Code and value next to x of a group's column `offset`. */
export type Levels = (x: number, offset: number) => { readonly code: number; readonly value: number };

export interface WalkGrid {
  /** Columns that are fitted together; at most n. */
  readonly group: number;
  /** Levels of one row's group: weights of its columns, and which columns of the original these are. */
  readonly fit: (part: Float64Array<ArrayBuffer>, columns: readonly number[], row: number) => Levels;
}

export interface WalkOptions {
  /** `dynamic`: of consecutive columns of the walk, fitted on what they have become. `static`: of the original. */
  readonly groups: 'dynamic' | 'static';
  /** Original column of each place of the walk; H and P are in the order of the walk. */
  readonly order: ArrayLike<number>;
  /** [n, n], GPTAQ's α S U in the order of the walk. */
  readonly P?: Float64Array | null;
  /** [rows, n], original order: errors of these values are passed on in place of those of the values chosen here. */
  readonly follow?: ArrayLike<number> | null;
}

export interface Walked {
  /** [rows, n], original order. */
  readonly What: Float64Array<ArrayBuffer>;
  readonly codes: Uint8Array;
}

/** U [n, n] upper with UᵀU = (H + damping·mean(diag H)·I)⁻¹: of H = R Rᵀ it is R⁻¹. */
export function inverseFactor(H: ArrayLike<number>, n: number, damping: number): Float64Array {
  const R = choleskyUpper(H, n, damping);
  if (!R) throw new Error(`H [${n}, ${n}] is not positive definite`);
  return inverseUpper(R, n);
}

/** M[order, order]. */
export function reorder(M: ArrayLike<number>, n: number, order: ArrayLike<number>): Float64Array {
  return Float64Array.from(
    { length: n * n },
    (_, at) => M[(order[Math.floor(at / n)] as number) * n + (order[at % n] as number)] as number,
  );
}

/** α·triu(C Uᵀ, 1) U of the cross moment C [n, n]. */
export function crossUpdate(C: ArrayLike<number>, U: Float64Array, n: number, alpha: number): Float64Array {
  const P = new Float64Array(n * n);
  const S = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      let sum = 0;
      for (let k = j; k < n; k++) sum += (C[i * n + k] as number) * (U[j * n + k] as number);
      S[j] = alpha * sum;
    }
    for (let k = i + 1; k < n; k++) {
      for (let j = k; j < n; j++) P[i * n + j] = (P[i * n + j] as number) + (S[k] as number) * (U[k * n + j] as number);
    }
  }
  return P;
}

/** W [rows, n] in the original order; U of the reordered H. */
export function walk(
  W: ArrayLike<number>,
  U: Float64Array,
  rows: number,
  n: number,
  grid: WalkGrid,
  { groups, order, P, follow }: WalkOptions,
): Walked {
  const What = new Float64Array(rows * n);
  const codes = new Uint8Array(rows * n);
  const size = grid.group;
  for (let r = 0; r < rows; r++) {
    const w = Float64Array.from({ length: n }, (_, j) => W[r * n + (order[j] as number)] as number);
    const fixed = (begin: number) => {
      const columns = Array.from({ length: Math.min(size, n - begin) }, (_, k) => begin + k);
      return grid.fit(
        Float64Array.from(columns, (c) => W[r * n + c] as number),
        columns,
        r,
      );
    };
    // Of all columns the weights as given are what is fitted, whatever the order.
    const known =
      groups === 'static' || size === n
        ? Array.from({ length: Math.ceil(n / size) }, (_, g) => fixed(g * size))
        : undefined;
    let current: Levels | undefined;
    for (let j = 0; j < n; j++) {
      const column = order[j] as number;
      if (known) current = known[Math.floor(column / size)];
      else if (j % size === 0) current = fitFresh(w, grid, j, Math.min(j + size, n), order, r, P);
      const t = w[j] as number;
      const { code, value: q } = (current as Levels)(t, known ? column % size : j % size);
      What[r * n + column] = q;
      codes[r * n + column] = code;
      const e = (t - (follow?.[r * n + column] ?? q)) / (U[j * (n + 1)] as number);
      for (let k = j + 1; k < n; k++) w[k] = (w[k] as number) - e * (U[j * n + k] as number);
      for (let k = j + 1; P && k < n; k++) w[k] = (w[k] as number) + t * (P[j * n + k] as number);
    }
  }
  return { What, codes };
}

/** Levels of columns [begin, end) as these would be if none were rounded: only P moves them. */
function fitFresh(
  w: Float64Array,
  grid: WalkGrid,
  begin: number,
  end: number,
  order: ArrayLike<number>,
  row: number,
  P: Float64Array | null | undefined,
): Levels {
  const part = w.slice(begin, end);
  for (let j = 0; P && j < part.length; j++) {
    for (let k = j + 1; k < part.length; k++) {
      part[k] = (part[k] as number) + (part[j] as number) * (P[(begin + j) * w.length + begin + k] as number);
    }
  }
  return grid.fit(
    part,
    Array.from(part, (_, k) => order[begin + k] as number),
    row,
  );
}
