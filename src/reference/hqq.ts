/**
 * HQQ's zero-point solver for one group of columns, float64: scale from the range, real zero by half-quadratic steps on the mean of
 * |x − ŵ|^0.7 (β 10, κ 1.01, 20 steps). Twin of shaders/grid/hqq.wgsl. `keep`: the zero of the best step, or, as the published default
 * solver does, that of the step after the first one that did not improve.
 */
import { nearestHalf as half, roundHalfEven } from '../util/halfFloat';

export interface HqqOptions {
  readonly bits: number;
  readonly keep: 'best' | 'published';
  /** Whether scale and zero are rounded to half precision as they are found. */
  readonly precision: 'half' | 'double';
  readonly importance?: ArrayLike<number>;
}

export interface HqqParameters {
  readonly scale: number;
  readonly zero: number;
}

export function hqqCode(x: number, { scale, zero }: HqqParameters, bits: number): number {
  return Math.min(Math.max(roundHalfEven(x / scale + zero), 0), 2 ** bits - 1);
}

function shrink(e: number, beta: number): number {
  const size = Math.abs(e);
  return size < 1e-30 ? 0 : Math.sign(e) * Math.max(size - size ** -0.3 / beta, 0);
}

/** x: the group's weights. */
export function fitHqq(x: ArrayLike<number>, { bits, keep, precision, importance }: HqqOptions): HqqParameters {
  const settle = (v: number) => (precision === 'half' ? half(v) : v);
  let [low, high, total] = [Infinity, -Infinity, 0];
  for (let i = 0; i < x.length; i++) {
    low = Math.min(low, x[i] as number);
    high = Math.max(high, x[i] as number);
    total += importance?.[i] ?? 1;
  }
  const scale = high - low > 1e-4 ? settle(Math.max((high - low) / (2 ** bits - 1), 5e-5)) : 1;
  let zero = settle(-low / scale);
  let best = zero;
  let least = Infinity;
  let beta = 10;
  for (let step = 0; step < 20; step++) {
    let [error, sum] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      const [v, weight] = [x[i] as number, importance?.[i] ?? 1];
      const code = hqqCode(v, { scale, zero }, bits);
      const e = v - scale * (code - zero);
      error += weight * Math.abs(e);
      sum += weight * (code - (v - shrink(e, beta)) / scale);
    }
    const next = total > 0 ? settle(sum / total) : zero;
    if (error >= least) return { scale, zero: keep === 'published' ? next : best };
    least = error;
    best = zero;
    zero = next;
    beta *= 1.01;
  }
  return { scale, zero: keep === 'published' ? zero : best };
}
