/**
 * The searches of the llama.cpp block formats for one block of weights, in float32 steps (Math.fround after every operation), so that
 * results equal the C code's bit for bit where that is compiled without fused multiply-add. Written from the formulas in the format
 * notes: candidates for the inverse step, a weighted least-squares step for each, the best kept. Twins of shaders/lib/scale_search.wgsl
 * and shaders/lib/affine_search.wgsl.
 */
import { roundHalfEven } from '../../util/halfFloat';

export const f = Math.fround;

/** Below this a block counts as zero. */
export const tiny = f(1e-15);
/** Below this a step has no inverse in the normal range of float32, and no half but 0. */
export const leastStep = f(1e-35);
export const reciprocal = (d: number): number => (Math.abs(d) < leastStep ? 0 : f(1 / d));

export const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** The value of the largest magnitude, with its sign; the first of equals. 0 for a block of zeros. */
export function extreme(x: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < x.length; i++) if (Math.abs(x[i] as number) > Math.abs(found)) found = x[i] as number;
  return found;
}

export interface ScaleFit {
  /** x ≈ scale · code. */
  readonly scale: number;
  /** code = clamp(round(inverse · x), −n, n − 1); 0 where the block counts as zero. */
  readonly inverse: number;
}

export interface Sums {
  /** Σ w x l */
  readonly xl: number;
  /** Σ w l² */
  readonly ll: number;
}

/** Codes −n … n − 1 through an inverse step. */
export function signedCode(x: number, inverse: number, n: number): number {
  return clamp(roundHalfEven(f(inverse * x)), -n, n - 1);
}

export function scaleSums(x: ArrayLike<number>, w: ArrayLike<number>, code: (x: number) => number): Sums {
  let xl = 0;
  let ll = 0;
  for (let i = 0; i < x.length; i++) {
    const l = code(x[i] as number);
    xl = f(xl + f(f((w[i] as number) * (x[i] as number)) * l));
    ll = f(ll + f(f((w[i] as number) * l) * l));
  }
  return { xl, ll };
}

/**
 * Symmetric step for codes −n … n − 1: inverse −(n + 0.1 k) / extreme for k = −9 … 9, weighted least squares, the greatest
 * (Σ w x l)² / Σ w l² kept.
 */
export function searchScale(x: ArrayLike<number>, w: ArrayLike<number>, n: number): ScaleFit {
  const max = extreme(x);
  if (Math.abs(max) < tiny) return { scale: 0, inverse: 0 };
  let inverse = f(-n / max);
  const first = scaleSums(x, w, (v) => signedCode(v, inverse, n));
  let scale = first.ll > 0 ? f(first.xl / first.ll) : 0;
  let best = f(scale * first.xl);
  for (let k = -9; k <= 9; k++) {
    if (k === 0) continue;
    const tried = f(-f(n + f(f(0.1) * k)) / max);
    const { xl, ll } = scaleSums(x, w, (v) => signedCode(v, tried, n));
    if (ll > 0 && f(xl * xl) > f(best * ll)) {
      inverse = tried;
      scale = f(xl / ll);
      best = f(scale * xl);
    }
  }
  return { scale, inverse };
}

/** Symmetric step by coordinate descent, at most 5 sweeps, weights x². Returns the step and the codes −n … n − 1. */
export function descendScale(x: ArrayLike<number>, n: number): { readonly scale: number; readonly codes: Int8Array } {
  const codes = new Int8Array(x.length);
  const max = extreme(x);
  if (Math.abs(max) < tiny) return { scale: 0, codes: codes.fill(-n) };
  const w = Float32Array.from(x, (v) => v * v);
  const inverse = f(-n / max);
  for (let i = 0; i < x.length; i++) codes[i] = signedCode(x[i] as number, inverse, n);
  let { xl, ll } = scaleSums(x, w, (v) => signedCode(v, inverse, n));
  for (let sweep = 0; sweep < 5; sweep++) {
    let changed = false;
    for (let i = 0; i < x.length; i++) {
      const [v, wi, l] = [x[i] as number, w[i] as number, codes[i] as number];
      const wx = f(wi * v);
      const restX = f(xl - f(wx * l));
      if (!(restX > 0)) continue;
      const restL = f(ll - f(f(wi * l) * l));
      const next = clamp(roundHalfEven(f(f(v * restL) / restX)), -n, n - 1);
      if (next === l) continue;
      const newX = f(restX + f(wx * next));
      const newL = f(restL + f(f(wi * next) * next));
      if (newL > 0 && f(f(newX * newX) * ll) > f(f(xl * xl) * newL)) {
        codes[i] = next;
        [xl, ll] = [newX, newL];
        changed = true;
      }
    }
    if (!changed) break;
  }
  return { scale: ll > 0 ? f(xl / ll) : 0, codes };
}

export interface AffineFit {
  /** x ≈ scale · code − floor, floor ≥ 0. */
  readonly scale: number;
  readonly floor: number;
  /** code = clamp(round(inverse · (x − start)), 0, n). */
  readonly inverse: number;
  readonly start: number;
}

export interface AffineSearch {
  /** Largest code. */
  readonly n: number;
  /** Inverse steps (from + by · k + n) / (max − min) for k = 0 … steps. */
  readonly from: number;
  readonly by: number;
  readonly steps: number;
  readonly error: 'squared' | 'absolute';
}

/** Step and floor: min is lowered to 0 at least, two-parameter weighted least squares for each candidate, the least weighted error kept. */
export function searchAffine(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  { n, from, by, steps, error }: AffineSearch,
): AffineFit {
  let start = x[0] as number;
  let max = start;
  let sumW = 0;
  let sumX = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i] as number;
    start = Math.min(start, v);
    max = Math.max(max, v);
    sumW = f(sumW + (w[i] as number));
    sumX = f(sumX + f((w[i] as number) * v));
  }
  start = Math.min(start, 0);
  if (f(max - start) < n * leastStep) return { scale: 0, floor: -start, inverse: 0, start };
  // The least value that codes are counted from: a better candidate moves it for those after it.
  let min = start;
  const code = (v: number, inverse: number) => clamp(roundHalfEven(f(inverse * f(v - min))), 0, n);
  const errorOf = (inverse: number, scale: number, least: number): number => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) {
      const v = x[i] as number;
      const off = f(f(f(scale * code(v, inverse)) + least) - v);
      sum = f(sum + f((w[i] as number) * (error === 'absolute' ? Math.abs(off) : f(off * off))));
    }
    return sum;
  };
  let inverse = f(n / f(max - min));
  let scale = f(1 / inverse);
  let least = errorOf(inverse, scale, min);
  for (let k = 0; k <= steps; k++) {
    const tried = f(f(f(f(from) + f(f(by) * k)) + n) / f(max - min));
    let [sumL, sumLL, sumXL] = [0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const l = code(x[i] as number, tried);
      const wl = f((w[i] as number) * l);
      sumL = f(sumL + wl);
      sumLL = f(sumLL + f(wl * l));
      sumXL = f(sumXL + f(wl * (x[i] as number)));
    }
    const determinant = f(f(sumW * sumLL) - f(sumL * sumL));
    if (!(determinant > 0)) continue;
    let triedScale = f(f(f(sumW * sumXL) - f(sumX * sumL)) / determinant);
    let triedMin = f(f(f(sumLL * sumX) - f(sumL * sumXL)) / determinant);
    if (triedMin > 0) {
      triedMin = 0;
      triedScale = f(sumXL / sumLL);
    }
    const sum = errorOf(tried, triedScale, triedMin);
    if (sum < least) {
      least = sum;
      [inverse, start, scale, min] = [tried, min, triedScale, triedMin];
    }
  }
  return { scale, floor: -min, inverse, start };
}

/** Values ≥ 0 (scales or floors of sub-blocks) as step · code, codes 0 … n: a search, then coordinate descent, at most 5 sweeps. */
export function roundScales(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  n: number,
): { readonly step: number; readonly codes: Uint8Array } {
  const codes = new Uint8Array(x.length);
  let max = 0;
  for (let i = 0; i < x.length; i++) max = Math.max(max, x[i] as number);
  if (max < tiny) return { step: 0, codes };
  let inverse = f(n / max);
  let least = Infinity;
  for (const k of [0, -4, -3, -2, -1, 1, 2, 3, 4]) {
    const tried = k === 0 ? inverse : f(f(f(f(0.1) * k) + n) / max);
    const step = f(1 / tried);
    let sum = 0;
    for (let i = 0; i < x.length; i++) {
      // The first candidate is not clamped: it cannot pass n.
      const off = f((x[i] as number) - f(step * Math.min(n, roundHalfEven(f(tried * (x[i] as number))))));
      sum = f(sum + f(f((w[i] as number) * off) * off));
    }
    if (sum < least) {
      least = sum;
      inverse = tried;
    }
  }
  let [xl, ll] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const l = Math.min(n, roundHalfEven(f(inverse * (x[i] as number))));
    codes[i] = l;
    xl = f(xl + f(f((w[i] as number) * (x[i] as number)) * l));
    ll = f(ll + f(f((w[i] as number) * l) * l));
  }
  for (let sweep = 0; sweep < 5; sweep++) {
    let changed = false;
    for (let i = 0; i < x.length; i++) {
      const [v, wi, l] = [x[i] as number, w[i] as number, codes[i] as number];
      let restX = f(xl - f(f(wi * v) * l));
      let restL = f(ll - f(f(wi * l) * l));
      if (!(restX > 0 && restL > 0)) continue;
      const next = Math.min(n, roundHalfEven(f(f(v * restL) / restX)));
      if (next === l) continue;
      restX = f(restX + f(f(wi * v) * next));
      restL = f(restL + f(f(wi * next) * next));
      if (f(f(restX * restX) * ll) > f(f(xl * xl) * restL)) {
        codes[i] = next;
        [xl, ll] = [restX, restL];
        changed = true;
      }
    }
    if (!changed) break;
  }
  return { step: ll > 0 ? f(xl / ll) : 0, codes };
}
