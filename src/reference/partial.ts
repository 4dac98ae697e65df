/**
 * PB-LLM in float64, with its parameters as halves, from the paper: mask by salience, binary and 8-bit values of each row, and the walk of GPTQ over the mix in its
 * published three-factor form. Twin of quant/grid/partial.ts under nearest and compensate.
 */
import { halfStep, nearestHalf, roundHalfEven } from '../util/halfFloat';

export interface PartialOptions {
  readonly share: number;
  readonly statistics: 'corrected' | 'published';
  /** Upper Cholesky factor U of the inverse of the damped H, UᵀU = H⁻¹; salience w²/U_jj². Null: |w|. */
  readonly U: ArrayLike<number> | null;
  /** Errors pass on to later columns through U; else every weight is rounded on its own. */
  readonly compensate: boolean;
}

export function partial(
  W: ArrayLike<number>,
  rows: number,
  cols: number,
  { share, statistics, U, compensate }: PartialOptions,
): Float64Array {
  const diagonal = (j: number) => (U ? (U[j * cols + j] as number) : 1);
  const salience = Float64Array.from({ length: rows * cols }, (_, i) => ((W[i] as number) / diagonal(i % cols)) ** 2);
  const threshold = [...salience].sort((a, b) => a - b)[Math.floor(salience.length * share)] ?? Infinity;
  const What = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    const w = Float64Array.from({ length: cols }, (_, j) => W[r * cols + j] as number);
    const low = w.map((_, j) => ((salience[r * cols + j] as number) <= threshold ? 1 : 0));
    const masked = w.map((v, j) => v * (low[j] as number));
    const counted = statistics === 'published' ? [...masked] : [...w].filter((_, j) => low[j]);
    const middle = counted.reduce((sum, v) => sum + v, 0) / Math.max(1, counted.length);
    const mean = nearestHalf(middle);
    const size = nearestHalf(counted.reduce((sum, v) => sum + Math.abs(v - middle), 0) / Math.max(1, counted.length));
    const bottom = Math.min(0, ...w);
    const scale = halfStep((Math.max(0, ...w) - bottom) / 255);
    const zero = Math.min(roundHalfEven(-bottom / scale), 255);
    for (let j = 0; j < cols; j++) {
      const x = w[j] as number;
      const code = Math.min(Math.max(roundHalfEven(x / scale) + zero, 0), 255);
      const q = low[j] ? mean + (x >= mean ? size : -size) : scale * (code - zero);
      What[r * cols + j] = q;
      if (!compensate || !U) continue;
      const error = (x - q) / diagonal(j);
      for (let k = j + 1; k < cols; k++) w[k] = (w[k] as number) - error * (U[j * cols + k] as number);
    }
  }
  return What;
}
