/** Kept columns in float64 from their formulas (OWQ, arXiv 2306.02272; quant/correction/keep.ts has them). */
import { inverseSymmetric } from '../util/inverseSymmetric';
import { columnEnergy } from './columnEnergy';

/** The `count` columns with the largest H_jj·‖ΔW_j‖², Δ the error of rounding to nearest; rising. */
export function weakColumns(
  W: ArrayLike<number>,
  nearest: ArrayLike<number>,
  H: ArrayLike<number>,
  rows: number,
  cols: number,
  count: number,
): number[] {
  const cost = columnEnergy(W, nearest, rows, cols).map((e, j) => e * (H[j * (cols + 1)] as number));
  const order = Array.from(cost.keys()).sort((a, b) => (cost[b] as number) - (cost[a] as number));
  return order.slice(0, count).sort((a, b) => a - b);
}

/** x[rows, cols], `stride` columns wide. */
export function pick(x: ArrayLike<number>, stride: number, rows: readonly number[], cols: readonly number[]) {
  return Float64Array.from({ length: rows.length * cols.length }, (_, at) => {
    return x[(rows[Math.floor(at / cols.length)] as number) * stride + (cols[at % cols.length] as number)] as number;
  });
}

/** H_qq − H_qk (H_kk + λI)⁻¹ H_kq, and H_qk (H_kk + λI)⁻¹ [q, k]. H [cols, cols]. */
export function schur(
  H: ArrayLike<number>,
  cols: number,
  kept: readonly number[],
  others: readonly number[],
  lambda: number,
): { readonly pull: Float64Array; readonly rest: Float64Array<ArrayBuffer> } {
  const [k, q] = [kept.length, others.length];
  const inverse = inverseSymmetric(
    pick(H, cols, kept, kept).map((v, at) => v + (at % (k + 1) === 0 ? lambda : 0)),
    k,
  );
  const ties = pick(H, cols, others, kept);
  const pull = Float64Array.from({ length: q * k }, (_, at) => {
    let sum = 0;
    for (let l = 0; l < k; l++)
      sum += (ties[Math.floor(at / k) * k + l] as number) * (inverse[l * k + (at % k)] as number);
    return sum;
  });
  const rest = pick(H, cols, others, others).map((v, at) => {
    let sum = v;
    for (let l = 0; l < k; l++)
      sum -= (pull[Math.floor(at / q) * k + l] as number) * (ties[(at % q) * k + l] as number);
    return sum;
  });
  return { pull, rest };
}

/** Kept columns [rows, k] that make up best for what the others [rows, q] became. */
export function fitKept(
  W: ArrayLike<number>,
  others: ArrayLike<number>,
  rows: number,
  cols: number,
  kept: readonly number[],
  left: readonly number[],
  pull: Float64Array,
): Float64Array {
  const k = kept.length;
  return Float64Array.from({ length: rows * k }, (_, at) => {
    const r = Math.floor(at / k);
    let value = W[r * cols + (kept[at % k] as number)] as number;
    left.forEach((j, i) => {
      const d = (others[r * left.length + i] as number) - (W[r * cols + j] as number);
      value -= d * (pull[i * k + (at % k)] as number);
    });
    return value;
  });
}
