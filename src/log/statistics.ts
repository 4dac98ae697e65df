/**
 * Means over tokens with 95 % intervals, and paired comparison. Windows are the units of the interval, because the tokens of one window
 * are not independent. Pure.
 */
import type { Estimate } from './events';

/** Fewest units of an interval. Fewer windows are cut into parts, so that already the first window has a finite, wide interval. */
const minUnits = 8;

/** 97.5 % quantile of Student's t for 1 … 7 degrees of freedom. */
const smallT = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462];

/** 97.5 % quantile of Student's t; above 7 degrees of freedom by Fisher's expansion, to 1e-4. */
export function tQuantile(freedom: number): number {
  if (freedom < 1) return Infinity;
  const small = smallT[freedom - 1];
  if (small !== undefined) return small;
  const z = 1.959963985;
  const n = freedom;
  return (
    z +
    (z ** 3 + z) / (4 * n) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3) +
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / (92160 * n ** 4)
  );
}

/**
 * Mean over all tokens of `series` (one array per window), and its 95 % interval from the spread of unit means: units are windows,
 * or equal parts of windows while there are fewer than 8.
 */
export function estimate(series: readonly ArrayLike<number>[]): Estimate {
  const parts = Math.max(1, Math.ceil(minUnits / series.length));
  const units: number[] = [];
  let sum = 0;
  let count = 0;
  for (const window of series) {
    const pieces = Math.min(parts, window.length);
    for (let piece = 0; piece < pieces; piece++) {
      const begin = Math.floor((piece * window.length) / pieces);
      const end = Math.floor(((piece + 1) * window.length) / pieces);
      let unit = 0;
      for (let i = begin; i < end; i++) unit += window[i] as number;
      units.push(unit / (end - begin));
      sum += unit;
      count += end - begin;
    }
  }
  const mean = sum / count;
  const center = units.reduce((a, b) => a + b, 0) / units.length;
  const squares = units.reduce((a, b) => a + (b - center) ** 2, 0);
  // A single scored token has no spread at all: as wide as its own size rather than a made-up certainty.
  const half =
    units.length > 1
      ? tQuantile(units.length - 1) * Math.sqrt(squares / (units.length - 1) / units.length)
      : Math.abs(mean);
  return { mean, low: mean - half, high: mean + half };
}

/**
 * ln(perplexity of `a` ÷ perplexity of `b`) with its 95 % interval: window by window, so that what makes a window hard cancels. Null
 * where the two were not measured on the same windows, or on too few for an interval. `a`, `b`: the mean loss of every window.
 */
export function compare(a: readonly number[], b: readonly number[]): Estimate | null {
  if (a.length < minUnits || a.length !== b.length) return null;
  return estimate(a.map((loss, window) => [loss - (b[window] as number)]));
}

/** p-quantile of ascending values, linear between neighbours. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (at - below);
}

/** Both inputs ascending; so is the result. */
export function mergeSorted(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const merged = new Float32Array(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let k = 0; k < merged.length; k++) {
    const fromA = j >= b.length || (i < a.length && (a[i] as number) <= (b[j] as number));
    merged[k] = (fromA ? a[i++] : b[j++]) as number;
  }
  return merged;
}
