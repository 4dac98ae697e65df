/**
 * GPTAQ in float64 as the paper has it (arXiv 2504.02692): weights updated in place, column by column, by the error of the column
 * and by its share of P. The in-block form, whatever the number of columns.
 */
import { choleskyInverse, choleskyLower, fitColumns, pose, type CompensateOptions } from './compensate';
import { codeOf, valueOf, type UniformParameters } from './uniform';

/** W [rows, n]; H, C [n, n], H undamped; fresh group parameters. Returns Ŵ [rows, n]. */
export function asymmetricPublished(
  W: ArrayLike<number>,
  H: ArrayLike<number>,
  C: ArrayLike<number>,
  rows: number,
  n: number,
  alpha: number,
  o: CompensateOptions,
): Float64Array {
  const { order, w, h, size, given } = pose(W, H, rows, n, o);
  const lower = choleskyLower(choleskyInverse(choleskyLower(h, n), n), n);
  const u = (i: number, j: number) => lower[j * n + i] as number;
  const c = (i: number, j: number) => C[(order[i] as number) * n + (order[j] as number)] as number;
  // S = triu(C Uᵀ, 1), P = α S U.
  const S = new Float64Array(n * n);
  const P = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      for (let k = j; k < n; k++) S[i * n + j] = (S[i * n + j] as number) + c(i, k) * u(j, k);
    }
    for (let j = i + 1; j < n; j++) {
      for (let k = i + 1; k <= j; k++) {
        P[i * n + j] = (P[i * n + j] as number) + alpha * (S[i * n + k] as number) * u(k, j);
      }
    }
  }
  const What = new Float64Array(rows * n);
  let current: UniformParameters[] = [];
  for (let j = 0; j < n; j++) {
    const original = order[j] as number;
    if (o.group === null || o.groups === 'static') current = given.get(Math.floor(original / size)) ?? current;
    else if (j % size === 0) current = fitUnrounded(w, P, rows, n, j, Math.min(j + size, n), o);
    for (let r = 0; r < rows; r++) {
      const t = w[r * n + j] as number;
      const p = current[r] as UniformParameters;
      const q = valueOf(codeOf(t, p, o.bits), p);
      What[r * n + original] = q;
      const e = (t - q) / u(j, j);
      for (let k = j + 1; k < n; k++)
        w[r * n + k] = (w[r * n + k] as number) - e * u(j, k) + t * (P[j * n + k] as number);
    }
  }
  return What;
}

/** Parameters of columns [begin, end) as these would be if none were rounded: only P moves them. */
function fitUnrounded(
  w: Float64Array,
  P: Float64Array,
  rows: number,
  n: number,
  begin: number,
  end: number,
  o: CompensateOptions,
): UniformParameters[] {
  const moved = w.slice();
  for (let r = 0; r < rows; r++) {
    for (let j = begin; j < end; j++) {
      for (let k = j + 1; k < end; k++) {
        moved[r * n + k] = (moved[r * n + k] as number) + (moved[r * n + j] as number) * (P[j * n + k] as number);
      }
    }
  }
  return fitColumns(moved, rows, n, begin, end, o);
}
