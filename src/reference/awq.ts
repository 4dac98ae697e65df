/**
 * AWQ (arXiv 2306.00978) in float64: its quantizer, its scale search by the quadratic form, its clip search. Written from the paper and
 * the rules of its published code. Twin of quant/transform/scale.ts and quant/grid/awq.ts.
 */
import { halfStep, roundHalfEven } from '../util/halfFloat';
import { proxyLoss } from './proxyLoss';
import { relativeMagnitude } from './relativeMagnitude';

export interface AwqProblem {
  readonly W: ArrayLike<number>;
  readonly H: ArrayLike<number>;
  /** Mean |x| of every input. */
  readonly magnitude: ArrayLike<number>;
  readonly rows: number;
  readonly cols: number;
}

/** Ŵ of one group, its weights cut to ±cut before the range is taken. */
function roundGroup(w: readonly number[], bits: number, cut: number): number[] {
  const clamped = w.map((v) => Math.min(Math.max(v, -cut), cut));
  const top = 2 ** bits - 1;
  const low = Math.min(...clamped);
  const range = Math.max(Math.max(...clamped) - low, 1e-5);
  const scale = halfStep(range / top);
  const zero = Math.min(Math.max(-roundHalfEven((low / range) * top), 0), top);
  // As published, weights are cut and then rounded. ±cut is then a tie, to even and so to the first or last code, and floating-point
  // errors of the scale must not decide it: weights as they are get that code.
  return w.map((v) => scale * (Math.min(Math.max(roundHalfEven(v / scale) + zero, 0), top) - zero));
}

/** W [rows, cols] rounded to nearest on groups of columns; `H`: cut by the clip search in this metric. */
export function roundAwq(
  W: ArrayLike<number>,
  rows: number,
  cols: number,
  bits: number,
  group: number | null,
  H?: ArrayLike<number>,
): Float64Array {
  const size = Math.min(group ?? cols, cols);
  const What = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let begin = 0; begin < cols; begin += size) {
      const n = Math.min(size, cols - begin);
      const w = Array.from({ length: n }, (_, k) => W[r * cols + begin + k] as number);
      const peak = Math.max(...w.map(Math.abs));
      let best = roundGroup(w, bits, peak);
      let least = Infinity;
      for (let i = 0; H && i < 10; i++) {
        const rounded = roundGroup(w, bits, peak * (1 - 0.05 * i));
        let sum = 0;
        for (let a = 0; a < n; a++)
          for (let b = 0; b < n; b++)
            sum +=
              ((rounded[a] as number) - (w[a] as number)) *
              ((rounded[b] as number) - (w[b] as number)) *
              (H[(begin + a) * cols + begin + b] as number);
        if (sum < least) {
          least = sum;
          best = rounded;
        }
      }
      best.forEach((v, k) => (What[r * cols + begin + k] = v));
    }
  }
  return What;
}

/** Scales of each of the 20 candidates, and tr(Δ H Δᵀ) of each. */
export function searchScales(
  { W, H, magnitude, rows, cols }: AwqProblem,
  round: (W: Float64Array) => ArrayLike<number>,
  formula: 'llm-awq' | 'AutoAWQ',
  group: number | null,
): { readonly scales: readonly Float64Array[]; readonly losses: readonly number[] } {
  const weight = relativeMagnitude(W, rows, cols, group ?? Infinity);
  const scales = Array.from({ length: 20 }, (_, i) => {
    const r = i / 20;
    const raw = Float64Array.from({ length: cols }, (__, j) => {
      const x = (magnitude[j] as number) ** r;
      if (r === 0) return 1;
      return Math.max(formula === 'AutoAWQ' ? x / ((weight[j] as number) ** (1 - r) + 1e-4) : x, 1e-4);
    });
    const size = Math.sqrt(Math.max(...raw) * Math.min(...raw));
    return raw.map((s) => s / size);
  });
  const losses = scales.map((s) => {
    const rounded = round(
      Float64Array.from({ length: rows * cols }, (_, i) => (W[i] as number) * (s[i % cols] as number)),
    );
    const What = Float64Array.from({ length: rows * cols }, (_, i) => (rounded[i] as number) / (s[i % cols] as number));
    return proxyLoss(W, What, H, rows, cols).reduce((sum, v) => sum + v, 0);
  });
  return { scales, losses };
}
