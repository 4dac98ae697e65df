/** Runs beside the shown one: what may not be compared is said, and one model's limit is not another's. */
import { describe, expect, it } from 'vitest';
import type { PointResult, RunEvent } from '../../src/log/events';
import { highestReference, whatDiffers } from '../../src/store/beside';
import { summaryOf, type ShelfRun } from '../../src/store/runRecord';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { sampleLog } from './sampleLog';

type Started = Extract<RunEvent, { type: 'run-started' }>;

const NaNs = { mean: NaN, low: NaN, high: NaN };

function runOf(change: (started: Started) => Started = (started) => started, times = 1): ShelfRun {
  const events = sampleLog().map((event): RunEvent => {
    if (event.type === 'run-started') return change(event);
    if (event.type !== 'point-finished' && event.type !== 'run-finished') return event;
    const scaled = (result: PointResult): PointResult => {
      const { perplexity = NaNs, ...values } = result.values;
      return { ...result, values: { ...values, perplexity: { ...perplexity, mean: perplexity.mean * times } } };
    };
    return event.type === 'run-finished'
      ? { ...event, points: event.points.map(scaled) }
      : { ...event, result: scaled(event.result) };
  });
  const view = foldEvents(emptyRun, events);
  return {
    ...{ id: 'a', name: null, source: 'live', at: '2026-01-01T00:00:00Z', link: null, size: 1 },
    ...{ summary: summaryOf(view), view, keeping: 'tab', share: null, elsewhere: false },
  };
}

describe('runs beside each other', () => {
  const shown = runOf().view?.about ?? null;
  const model = (s: Started): Started => ({ ...s, model: { ...s.model, fingerprint: '2'.repeat(16) } });
  const text = (s: Started): Started => ({ ...s, evaluation: { ...s.evaluation, fingerprint: '1'.repeat(16) } });
  const less = (s: Started): Started => ({ ...s, settings: { ...s.settings, calibrationTokens: 64 } });

  it('say in what they differ, and what may be compared then', () => {
    expect(whatDiffers(shown, [])).toBeNull();
    expect(whatDiffers(shown, [runOf()])).toBeNull();
    expect(whatDiffers(shown, [runOf(), runOf(model), runOf(text)])).toBe(
      'These runs differ in the model and the evaluation text. Perplexities of theirs cannot be set against each other: look at the ln ratio, of each to its own full precision.',
    );
    expect(whatDiffers(shown, [runOf(less)])).toBe(
      'These runs differ in the calibration. What calibrated methods owe to that is no difference between methods.',
    );
    expect(whatDiffers(null, [runOf(model)])).toBeNull();
  });

  it('are not cut at twice the perplexity of another model', () => {
    const own = { mean: 5, low: 4, high: 6 };
    const mine = runOf().view?.points.find(({ id }) => id === 'full-precision')?.values['perplexity']?.mean ?? NaN;
    expect(highestReference(own, [], 'perplexity')).toBe(own);
    expect(highestReference(own, [runOf(), runOf(model, 4)], 'perplexity')?.mean).toBeCloseTo(4 * mine, 9);
    expect(highestReference(null, [runOf(model, 4)], 'lnRatio')?.mean).toBe(0);
  });
});

describe('a run on the list', () => {
  it('says what it was measured and calibrated on', () => {
    expect(runOf().summary.on).toMatch(/, context \d+, calibrated on [\d,]+ tokens$/);
    expect(runOf((s) => ({ ...s, calibration: null })).summary.on).toMatch(/context \d+$/);
  });
});
