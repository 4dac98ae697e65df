/** Presets for a checkpoint, and the time that a run will take. */
import { describe, expect, it } from 'vitest';
import { enoughTokens } from '../../src/log/verdict/supply';
import { recipes } from '../../src/quant/recipe/recipes';
import { estimateSeconds, paceOf } from '../../src/store/estimate';
import { about } from '../../src/store/format';
import { presetOf, presetsFor } from '../../src/store/presets';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { startingSetup } from '../../src/store/state';
import { sampleLog } from './sampleLog';

const run = foldEvents(emptyRun, sampleLog());
const card = run.model;
if (!card) throw new Error('the sample has no card');

describe('presets', () => {
  it('suit the checkpoint: its context, and calibration that carries a verdict', () => {
    const small = presetsFor({ maxContext: 256, widestInputs: 256, hidden: 128 });
    expect(small.map(({ setup }) => setup.context)).toEqual([256, 256, 256]);
    const wide = presetsFor({ maxContext: 8192, widestInputs: 1536, hidden: 576 });
    expect(wide.map(({ setup }) => setup.context)).toEqual([256, 1024, 2048]);
    for (const { setup } of [...small, ...wide]) expect(setup.calibrationTokens % setup.context).toBe(0);
    for (const { setup } of wide) expect(setup.calibrationTokens).toBeGreaterThanOrEqual(enoughTokens(1536));
    expect(wide[2]?.setup).toMatchObject({ maxTokens: null, calibrationTokens: 128 * 2048, mode: 'sequential' });
  });

  it('are known again in the form', () => {
    const presets = presetsFor({ maxContext: 8192, widestInputs: 1536, hidden: 576 });
    for (const { name, setup } of presets) expect(presetOf({ ...startingSetup, ...setup }, presets)).toBe(name);
    expect(presetOf({ ...startingSetup, ...presets[0]?.setup, seed: 3 }, presets)).toBe('quick');
    expect(presetOf({ ...startingSetup, context: 17 }, presets)).toBeNull();
  });
});

describe('the time of a run', () => {
  const rate = { gigaflops: 10, pace: 2 };
  const seconds = (change: object) => estimateSeconds(card, { ...startingSetup, ...change }, recipes, rate) ?? NaN;

  it('grows with points, tokens and calibration; is not said of an adapter that was not measured', () => {
    expect(seconds({})).toBeGreaterThan(seconds({ methods: ['rtn'] }));
    expect(seconds({ maxTokens: 65_536 })).toBeGreaterThan(4 * seconds({}));
    expect(seconds({ mode: 'sequential' })).toBeGreaterThan(seconds({}));
    expect(estimateSeconds(card, startingSetup, recipes, { gigaflops: null, pace: 2 })).toBeNull();
  });

  it('learns from a finished run how fast runs are here', () => {
    const slow = { ...run, secondsElapsed: 42 };
    const fast = { ...run, secondsElapsed: 22 };
    const [a, b] = [paceOf(slow, 1), paceOf(fast, 1)];
    if (a === null || b === null) throw new Error('no pace');
    expect(a / b).toBeCloseTo(2, 6);
    expect(paceOf({ ...run, secondsElapsed: null }, 1)).toBeNull();
    expect(paceOf({ ...run, secondsElapsed: 1 }, 1)).toBeNull();
  });

  it('is said no more precisely than it is known', () => {
    expect([3, 42, 61, 1234, 40_000, 1e6].map(about)).toEqual([
      'about 5 s',
      'about 40 s',
      'about 1 min',
      'about 20 min',
      'about 11 h',
      'about 12 days',
    ]);
  });
});
