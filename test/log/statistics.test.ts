import { describe, expect, it } from 'vitest';
import { compare, estimate, mergeSorted, quantile, tQuantile } from '../../src/log/statistics';
import { createRng } from '../../src/util/rng';

describe('intervals', () => {
  it('takes Student quantiles from the table and its expansion', () => {
    // R: qt(0.975, df)
    for (const [df, t] of [
      [1, 12.7062],
      [7, 2.364624],
      [8, 2.306004],
      [12, 2.178813],
      [39, 2.022691],
      [1000, 1.962339],
    ] as const) {
      expect(Math.abs(tQuantile(df) - t)).toBeLessThan(2e-4);
    }
  });

  it('is the plain interval over windows once there are eight', () => {
    const means = [1, 2, 4, 3, 5, 2, 1, 6, 3];
    const series = means.map((m) => [m - 0.5, m + 0.5]);
    const mean = means.reduce((a, b) => a + b) / 9;
    const sd = Math.sqrt(means.reduce((a, m) => a + (m - mean) ** 2, 0) / 8);
    const { mean: got, low, high } = estimate(series);
    expect(got).toBeCloseTo(mean, 12);
    expect(high - got).toBeCloseTo((2.306004 * sd) / 3, 4);
    expect(got - low).toBeCloseTo((2.306004 * sd) / 3, 4);
  });

  it('covers the truth about 95 times in 100', () => {
    const rng = createRng(7);
    for (const windows of [1, 3, 10]) {
      let covered = 0;
      for (let trial = 0; trial < 1000; trial++) {
        const series = Array.from({ length: windows }, () => Array.from({ length: 64 }, () => rng.normal()));
        const { low, high } = estimate(series);
        if (low <= 0 && high >= 0) covered++;
      }
      expect(covered).toBeGreaterThan(930);
      expect(covered).toBeLessThan(970);
    }
  });

  it('stays finite for one window and for one token', () => {
    const { low, high } = estimate([[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    expect(high - low).toBeGreaterThan(1);
    expect(Number.isFinite(high)).toBe(true);
    expect(estimate([[2]])).toEqual({ mean: 2, low: 0, high: 4 });
  });

  it('has no width where nothing varies', () => {
    expect(
      estimate([
        [1, 1],
        [1, 1],
      ]),
    ).toEqual({ mean: 1, low: 1, high: 1 });
  });

  it('interpolates quantiles', () => {
    expect(quantile([0, 1, 2, 3, 4], 0.99)).toBeCloseTo(3.96, 12);
    expect(quantile([7], 0.99)).toBe(7);
    expect([...mergeSorted(new Float32Array([1, 3]), new Float32Array([0, 2, 9]))]).toEqual([0, 1, 2, 3, 9]);
  });
});

describe('two points compared', () => {
  it('window by window: the mean of the differences, with their interval', () => {
    const a = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const b = a.map((loss, i) => loss - 0.1 - (i % 3) * 0.01);
    const found = compare(a, b);
    // Differences 0.10, 0.11, 0.12 in turn: mean 0.11, deviation √(6·10⁻⁴/8) over √9, Student's t for 8 degrees of freedom.
    expect(found?.mean).toBeCloseTo(0.11, 12);
    expect((found?.high ?? 0) - (found?.mean ?? 0)).toBeCloseTo((2.306 * Math.sqrt(6e-4 / 8)) / 3, 5);
    expect(compare(a, b.slice(1))).toBeNull();
    expect(compare([], [])).toBeNull();
    // Too few for an interval of their own.
    expect(compare(a.slice(2), b.slice(2))).toBeNull();
  });
});
