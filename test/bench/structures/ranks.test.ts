/** Kendall's τ against worked cases, and what its interval covers; Holm's procedure and chances against tables. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/util/rng';
import { decided, differenceOf, meanDifference, twoSided, type Difference, type Sided } from './differences';
import { measuredLike } from './made';
import { findModels } from './models';
import { kendall, rankCorrelation } from './ranks';

describe('rank correlation', () => {
  it('is Kendall’s τ-b', () => {
    expect(kendall([1, 2, 3, 4], [1, 2, 3, 4])).toBe(1);
    expect(kendall([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
    // One of six pairs the other way round: (5 − 1) / 6.
    expect(kendall([1, 2, 3, 4], [1, 2, 4, 3])).toBeCloseTo(4 / 6, 12);
    // R: cor(c(1,2,2,3), c(1,2,3,4), method = "kendall")
    expect(kendall([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(0.9128709, 7);
  });

  const windows = (means: readonly number[], noise: number, seed: number) => {
    const rng = createRng(seed);
    return means.map((mean) => Array.from({ length: 48 }, () => mean + noise * rng.normal()));
  };

  it('is sure of an order that every window shows, and says the same again', () => {
    const [a, b] = [windows([0.1, 0.5, 1, 2], 0.01, 1), windows([0.2, 0.4, 0.9, 3], 0.01, 2)];
    expect(rankCorrelation(a, b, 5)).toEqual({ mean: 1, low: 1, high: 1 });
    const [c, d] = [windows([0.1, 0.11, 0.12, 2], 0.3, 3), windows([0.1, 0.11, 0.12, 2], 0.3, 4)];
    const found = rankCorrelation(c, d, 5);
    expect(found).toEqual(rankCorrelation(c, d, 5));
    expect((found?.high ?? 0) - (found?.low ?? 0)).toBeGreaterThan(0.3);
  });

  it('takes three methods, on both', () => {
    expect(rankCorrelation(windows([1, 2], 0, 1), windows([1, 2], 0, 1), 1)).toBeNull();
    expect(rankCorrelation(windows([1, 2, 3], 0, 1), windows([1, 2], 0, 1), 1)).toBeNull();
  });
});

describe('differences', () => {
  it('take chances of the normal distribution', () => {
    for (const [z, p] of [
      [0, 1],
      [1, 0.3173105],
      [-1.959964, 0.05],
      [3.290527, 0.001],
    ] as const) {
      expect(Math.abs(twoSided(z) - p)).toBeLessThan(3e-7);
    }
  });

  const side = (lnRatio: number, calibrated: boolean, seed = 1): Sided => ({
    measured: measuredLike(lnRatio, createRng(seed)),
    supply: { calibrated, calibration: { tokens: 16_384, inputs: 128, leaked: false } },
  });

  it('are wider where another calibration text would move them', () => {
    const width = (d: Difference | null) => (d ? d.high - d.low : NaN);
    const [plain, reading] = [false, true].map((calibrated) =>
      differenceOf(side(1, calibrated, 1), side(2, calibrated, 2)),
    );
    expect(plain?.mean).toBe(reading?.mean);
    // A tenth of 1 and a tenth of 2 nats, and a little for the length of the text.
    expect(width(reading ?? null)).toBeGreaterThan(2 * 1.96 * Math.hypot(0.1, 0.2));
    expect(width(plain ?? null)).toBeLessThan(0.02);
  });

  it('of several structures are means, and missing where one is', () => {
    const pairs = [
      [side(1, false, 1), side(2, false, 2)],
      [side(1, false, 3), side(4, false, 4)],
    ] as const;
    expect(meanDifference(pairs)?.mean).toBeCloseTo(-2, 1);
    expect(meanDifference([...pairs, [undefined, side(1, false)]])).toBeNull();
    expect(meanDifference([])).toBeNull();
  });

  it('are decided together, by Holm: each in its turn, until one may be chance', () => {
    const at = (p: number): Difference => ({ mean: -1, low: -2, high: 0, p });
    expect(decided([at(0.01), at(0.04), at(0.03)])).toEqual([true, false, false]);
    expect(decided([at(0.01), at(0.02), at(0.04)])).toEqual([true, true, true]);
    expect(decided([at(0.04), null])).toEqual([true, false]);
    expect(decided([])).toEqual([]);
  });
});

it('models are found by what their config says and how far they were trained, whole ones first', () => {
  const root = mkdtempSync(join(tmpdir(), 'bitcurve-zoo-'));
  const add = (folder: string, type: string) => {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'config.json'), JSON.stringify({ model_type: type }));
    writeFileSync(join(root, folder, 'model.safetensors'), '');
  };
  add('demo/level-100', 'llama');
  add('demo/mixtral-100', 'mixtral');
  add('zoo/mamba/level-7', 'mamba');
  add('zoo/mixtral/level-100', 'mixtral');
  add('zoo/mixtral/level-30', 'mixtral');
  add('zoo/other/level-100', 'gpt2');
  mkdirSync(join(root, 'zoo/llava/level-7'), { recursive: true });
  const models = [{ id: 'mixtral-100' }, { id: 'level-100' }];
  writeFileSync(join(root, 'demo/manifest.json'), JSON.stringify({ models }));
  const found = findModels(join(root, 'demo'), [join(root, 'zoo')]);
  expect(found.map(({ structure, level, bundled }) => [structure, level, bundled])).toEqual([
    ['llama', 100, 'level-100'],
    ['mixtral', 100, 'mixtral-100'],
    ['mixtral', 30, null],
    ['mamba', 7, null],
  ]);
});
