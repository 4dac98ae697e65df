/**
 * HQQ's zero-point solver, float64: scale from the range, real zero by half-quadratic steps on the mean of |x − ŵ|^0.7 (β 10, κ 1.01, 20
 * steps). For one group that stops on its own and keeps its best zero; or, as hqq 0.2.8 does, for all groups of a matrix, which stop
 * together and keep the zeros of the step after the first that did not improve. Twin of shaders/grid/hqq.wgsl and stats/hqq_zero.wgsl.
 */
import { nearestHalf as half, roundHalfEven } from '../util/halfFloat';

export interface HqqOptions {
  readonly bits: number;
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

interface Group {
  readonly scale: number;
  /** Zero before the first step, and after each of 20. */
  readonly zeros: readonly number[];
  /** Sum of |x − ŵ| with each zero but the last. */
  readonly errors: readonly number[];
}

/** All steps of one group. */
function walk(x: ArrayLike<number>, { bits, precision, importance }: HqqOptions): Group {
  const settle = (v: number) => (precision === 'half' ? half(v) : v);
  let [low, high, total] = [Infinity, -Infinity, 0];
  for (let i = 0; i < x.length; i++) {
    low = Math.min(low, x[i] as number);
    high = Math.max(high, x[i] as number);
    total += importance?.[i] ?? 1;
  }
  const scale = high - low > 1e-4 ? settle(Math.max((high - low) / (2 ** bits - 1), 5e-5)) : 1;
  let zero = settle(-low / scale);
  const zeros = [zero];
  const errors: number[] = [];
  for (let step = 0, beta = 10; step < 20; step++, beta *= 1.01) {
    let [error, sum] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      const [v, weight] = [x[i] as number, importance?.[i] ?? 1];
      const code = hqqCode(v, { scale, zero }, bits);
      const e = v - scale * (code - zero);
      error += weight * Math.abs(e);
      sum += weight * (code - (v - shrink(e, beta)) / scale);
    }
    if (total > 0) zero = settle(sum / total);
    zeros.push(zero);
    errors.push(error);
  }
  return { scale, zeros, errors };
}

/** The first step whose error is not below all before it; 20 where there is none. */
function firstWithoutGain(errors: readonly number[]): number {
  let least = Infinity;
  for (const [step, error] of errors.entries()) {
    if (error >= least) return step;
    least = error;
  }
  return errors.length;
}

/** x: the weights of a group that stops on its own. */
export function fitHqq(x: ArrayLike<number>, options: HqqOptions): HqqParameters {
  const { scale, zeros, errors } = walk(x, options);
  return { scale, zero: zeros[firstWithoutGain(errors) - 1] as number };
}

/** Groups of a matrix, each with its weights and what errors in it weigh: they stop together. */
export function fitHqqMatrix(
  groups: readonly { readonly x: ArrayLike<number>; readonly importance?: ArrayLike<number> }[],
  options: Omit<HqqOptions, 'importance'>,
): HqqParameters[] {
  const walks = groups.map(({ x, importance }) => walk(x, { ...options, ...(importance && { importance }) }));
  const errors = Array.from({ length: 20 }, (_, step) => walks.reduce((sum, w) => sum + (w.errors[step] as number), 0));
  const taken = Math.min(20, firstWithoutGain(errors) + 1);
  return walks.map(({ scale, zeros }) => ({ scale, zero: zeros[taken] as number }));
}
