/**
 * Differences with intervals, and what they decide. A difference is of ln perplexities, window by window. Its standard error has two parts: the
 * spread over windows, and, of what reads a calibration text, how much another text would move it (log/verdict/supply; what the page's own
 * verdicts take). Pure.
 */
import { calibrationNoise } from '../../../src/log/verdict/supply';
import { candidateOf, type Calibration } from '../../../src/log/verdict/candidate';
import { compare } from '../../../src/log/statistics';
import type { Estimate } from '../../../src/log/events';
import type { Measured } from './results';

/** A difference, its 95 % interval, and how likely one as large is by chance where there is none (two-sided). */
export interface Difference extends Estimate {
  readonly p: number;
}

/** 97.5 % quantile of the normal distribution. */
const normal = 1.96;

/** Probability of |z| or more by chance, of the normal distribution: erfc(|z| / √2), to 1.2e-7 (Numerical Recipes, erfcc). */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const exponent = series.reduceRight((sum, c) => sum * t + c, 0);
  return Number.isNaN(z) ? 1 : t * Math.exp(-x * x + exponent);
}

/** How likely a mean as far from 0 is by chance. `half`: of its 95 % interval. Where nothing varies, only a mean of 0 is. */
export const chanceOf = (mean: number, half: number): number =>
  half > 0 ? twoSided((normal * mean) / half) : Number(mean === 0);

/** From the mean and half-width of its 95 % interval over windows and a standard deviation that comes on top. */
function widened({ mean, low, high }: Estimate, noise: number): Difference {
  const half = Math.hypot((high - low) / 2, normal * noise);
  return { mean, low: mean - half, high: mean + half, p: chanceOf(mean, half) };
}

/** Whether the point reads inputs, and what calibration saw. */
export interface Supply {
  readonly calibrated: boolean;
  readonly calibration: Calibration;
}

const noiseOf = (measured: Measured, { calibrated, calibration }: Supply): number =>
  measured.result ? calibrationNoise(candidateOf(measured.result, null, calibrated), calibration) : 0;

/** A measured point, ready to be compared. */
export interface Sided {
  readonly measured: Measured;
  readonly supply: Supply;
}

/** ln(perplexity of `a` ÷ of `b`); null where one was not measured, or not on the same windows. Below 0, `a` is better. */
export function differenceOf(a: Sided | undefined, b: Sided | undefined): Difference | null {
  if (!a?.measured.result || !b?.measured.result) return null;
  const found = compare(a.measured.losses, b.measured.losses);
  return found && widened(found, Math.hypot(noiseOf(a.measured, a.supply), noiseOf(b.measured, b.supply)));
}

/** The mean of differences, window by window; each pair's noise is its own. Null where there is none, or one is missing. */
export function meanDifference(pairs: readonly (readonly [Sided | undefined, Sided | undefined])[]): Difference | null {
  const known = pairs.flatMap(([a, b]) => (a?.measured.result && b?.measured.result ? [[a, b] as const] : []));
  const windows = known[0]?.[0].measured.losses.length ?? 0;
  if (known.length === 0 || known.length < pairs.length) return null;
  if (known.some((pair) => pair.some(({ measured }) => measured.losses.length !== windows))) return null;
  const share = (side: 0 | 1, window: number) =>
    known.reduce((sum, pair) => sum + (pair[side].measured.losses[window] as number), 0) / known.length;
  const sides = ([0, 1] as const).map((side) => Array.from({ length: windows }, (_, at) => share(side, at)));
  const found = compare(sides[0] as number[], sides[1] as number[]);
  const noise = Math.hypot(...known.flat().map(({ measured, supply }) => noiseOf(measured, supply))) / known.length;
  return found && widened(found, noise);
}

/** (ln perplexity of a − b) − (of c − d): how much more `a` loses against `b` than `c` against `d`, window by window. */
export function differenceOfLosses(
  [a, b]: readonly [Sided | undefined, Measured | undefined],
  [c, d]: readonly [Sided | undefined, Measured | undefined],
): Difference | null {
  if (!a?.measured.result || !c?.measured.result || !b?.result || !d?.result) return null;
  const [more, less] = [
    [a.measured.losses, b.losses],
    [c.measured.losses, d.losses],
  ].map(([with_, without]) => with_!.map((loss, at) => loss - (without![at] as number))) as [number[], number[]];
  const found = compare(more, less);
  return found && widened(found, Math.hypot(noiseOf(a.measured, a.supply), noiseOf(c.measured, c.supply)));
}

/** Most often that a claim may find a difference by chance alone, over all of its comparisons. */
export const chance = 0.05;

/**
 * Holm's procedure: which of these are no chance when all of them are looked at; at most one family in twenty finds any where there is none.
 * What is not known is none.
 */
export function decided(differences: readonly (Difference | null)[]): readonly boolean[] {
  const order = differences
    .map((difference, at) => ({ at, p: difference?.p ?? 1 }))
    .filter(({ at }) => differences[at])
    .sort((a, b) => a.p - b.p);
  const found = new Set<number>();
  for (const [rank, { at, p }] of order.entries()) {
    if (p > chance / (order.length - rank)) break;
    found.add(at);
  }
  return differences.map((_, at) => found.has(at));
}
