/** Whether structures put methods in the same order: Kendall's τ of their losses, with an interval over windows. Pure. */
import { quantile } from '../../../src/log/statistics';
import { createRng } from '../../../src/util/rng';
import type { Estimate } from '../../../src/log/events';

/** Kendall's τ-b of two lists of values, from −1 (the opposite order) to 1 (the same); NaN where one has a single value throughout. */
export function kendall(a: readonly number[], b: readonly number[]): number {
  let [same, loneA, loneB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = i + 1; j < a.length; j++) {
      const [x, y] = [Math.sign((a[i] as number) - (a[j] as number)), Math.sign((b[i] as number) - (b[j] as number))];
      same += x * y;
      loneA += Math.abs(x);
      loneB += Math.abs(y);
    }
  }
  return same / Math.sqrt(loneA * loneB);
}

export const draws = 2000;

/**
 * τ of the mean losses of methods on two models, `a` and `b`: for each method the loss of every window. Its 95 % interval is the middle of
 * what 2 000 draws of windows give, with replacement; where the models were measured on the same windows, both have the same ones.
 */
export function rankCorrelation(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  seed: number,
): Estimate | null {
  const [windowsA, windowsB] = [a[0]?.length ?? 0, b[0]?.length ?? 0];
  if (a.length < 3 || a.length !== b.length || !windowsA || !windowsB) return null;
  const rng = createRng(seed);
  const sums = (losses: readonly (readonly number[])[], chosen: readonly number[]) =>
    losses.map((of) => chosen.reduce((sum, at) => sum + (of[at] as number), 0) / chosen.length);
  const every = (count: number) => Array.from({ length: count }, (_, at) => at);
  const drawn = (count: number) => every(count).map(() => Math.floor(rng.uniform() * count));
  const found: number[] = [];
  for (let i = 0; i < draws; i++) {
    const mine = drawn(windowsA);
    found.push(kendall(sums(a, mine), sums(b, windowsA === windowsB ? mine : drawn(windowsB))));
  }
  found.sort((x, y) => x - y);
  const mean = kendall(sums(a, every(windowsA)), sums(b, every(windowsB)));
  return { mean, low: quantile(found, 0.025), high: quantile(found, 0.975) };
}
