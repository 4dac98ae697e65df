/** The fold from events to the page's view. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/log/events';
import { covers } from '../../src/store/covers';
import { emptyRun, foldEvents, measuringOriginal, type RunView } from '../../src/store/runView';
import { sampleLog } from './sampleLog';

const log = sampleLog();
const at = (share: number) => log.slice(0, Math.floor(log.length * share));

describe('the view of a run', () => {
  it('is the same however the events are batched', () => {
    const whole = foldEvents(emptyRun, log);
    const oneByOne = log.reduce((view, event) => foldEvents(view, [event]), emptyRun);
    expect(oneByOne).toEqual(whole);
  });

  it('holds every point of a finished run, the reference first', () => {
    const { status, points, layers, about } = foldEvents(emptyRun, log);
    expect(status).toBe('finished');
    expect(points).toHaveLength(13);
    expect(points[0]).toMatchObject({ id: 'full-precision', state: 'finished' });
    expect(points[0]?.values['lnRatio']).toBeUndefined();
    expect(points.every(({ state }) => state === 'finished')).toBe(true);
    expect(points.find(({ id }) => id === 'gptq-2')).toMatchObject({
      bits: 2,
      group: 32,
      size: { bitsPerWeight: 2.25 },
    });
    expect(layers).toHaveLength(12 * 8);
    expect(about).toMatchObject({ adapter: 'sample adapter', evaluation: 'Stories (evaluation)' });
  });

  it('knows where to draw a point before it is finished', () => {
    const started = log.findIndex((event) => event.type === 'window-evaluated' && event.point === 'gptq-4');
    const point = foldEvents(emptyRun, log.slice(0, started + 1)).points.find(({ id }) => id === 'gptq-4');
    expect(point).toMatchObject({ state: 'evaluating', windows: 1, windowsTotal: 8, size: { bitsPerWeight: 4.25 } });
    // What the engine says, not what the page reckons.
    const told = log[started];
    expect(told?.type === 'window-evaluated' && point?.size).toEqual(told?.type === 'window-evaluated' && told.size);
    const { perplexity } = point?.values ?? {};
    expect(perplexity?.high).toBeGreaterThan(perplexity?.mean ?? Infinity);
  });

  it('shows progress only while running, and keeps points when stopped or failed', () => {
    const part = at(0.6);
    expect(foldEvents(emptyRun, part).progress).not.toBeNull();
    const stopped = foldEvents(emptyRun, [...part, { type: 'run-stopped', secondsElapsed: 9 }]);
    expect(stopped).toMatchObject({ status: 'stopped', progress: null, secondsElapsed: 9 });
    const error = { name: 'GpuError', code: 'device-lost', message: 'gone', details: {} };
    const failed = foldEvents(emptyRun, [...part, { type: 'run-failed', error, secondsElapsed: 9 }]);
    expect(failed.error).toEqual(error);
    expect(failed.points.filter(({ state }) => state === 'finished').length).toBeGreaterThan(3);
  });

  it('says what was verified before anything was rounded', () => {
    const events: RunEvent[] = [
      { type: 'rotation-verified', basis: 'hadamard', tokens: 127, kld: 1.23e-12 },
      { type: 'scales-verified', tokens: 127, kld: 2e-13, folded: 8, sites: 8 },
      { type: 'scales-verified', tokens: 127, kld: 2e-13, folded: 3, sites: 6 },
    ];
    const { remarks } = foldEvents(foldEvents(emptyRun, log), events);
    expect(remarks.slice(-3).map(({ kind, text }) => [kind, text])).toEqual([
      ['verified', 'The rotated model (hadamard) is the model itself: mean KLD 1.2e-12 over 127 tokens.'],
      [
        'verified',
        'The model with scales in the neighbours of all 8 sites is the model itself: mean KLD 2.0e-13 over 127 tokens.',
      ],
      [
        'verified',
        'The model with scales in the neighbours of 3 of 6 sites is the model itself: mean KLD 2.0e-13 over 127 tokens; ' +
          'at the others they are multiplied when the model runs.',
      ],
    ]);
  });

  it('says in words what was damped, replaced and kept', () => {
    const place = { point: 'gptq-2', site: 'decoder.1.mlp.down' };
    const events: RunEvent[] = [
      { type: 'run-resumed', sitesKept: 5 },
      { type: 'fallback-used', ...place, wanted: 'compensate', used: 'nearest', reason: 'no token reached it' },
    ];
    const { remarks } = foldEvents(foldEvents(emptyRun, log), events);
    expect(remarks.map(({ kind }) => kind)).toEqual(['damping', 'resumed', 'fallback']);
    expect(remarks[0]?.text).toContain('from 0.01 to 0.02');
    expect(remarks[2]?.text).toBe(
      'gptq-2, block 1, mlp.down: nearest instead of compensate, because no token reached it.',
    );
  });

  it('keeps what was measured when a lost device is replaced', () => {
    const error = { name: 'GpuError', code: 'device-lost', message: 'gone', details: {} };
    const lost = foldEvents(emptyRun, [...at(0.6), { type: 'run-failed', error, secondsElapsed: 9 }]);
    const again = foldEvents(lost, log.slice(0, 1));
    expect(again).toMatchObject({ status: 'running', error: null, layers: [] });
    expect(again.points).toEqual(lost.points);
    expect(again.remarks.at(-1)?.kind).toBe('lost');
    expect(foldEvents(again, log.slice(1)).points).toEqual(foldEvents(emptyRun, log).points);
  });

  it('knows whether a later run has all that an earlier one measured', () => {
    const whole = foldEvents(emptyRun, log);
    const part = foldEvents(emptyRun, at(0.6));
    expect([covers(whole, part), covers(part, whole), covers(whole, emptyRun)]).toEqual([true, false, true]);
    const [first] = log;
    if (first?.type !== 'run-started') throw new Error('no start');
    const changed = (change: Partial<typeof first>) => foldEvents(emptyRun, [{ ...first, ...change }, ...log.slice(1)]);
    expect(covers(changed({ settings: { ...first.settings, context: 32 } }), part)).toBe(false);
    // Calibrated points have another value on another text; rounded ones have not.
    const elsewhere = changed({ calibration: null });
    expect(covers(elsewhere, part)).toBe(false);
    const rounded = (view: RunView) => ({ ...view, points: view.points.filter(({ method }) => method !== 'gptq') });
    expect(covers(elsewhere, rounded(part))).toBe(true);
  });

  it('says what is done at first in words that everybody knows', () => {
    const first = log.findIndex(({ type }) => type === 'window-evaluated');
    const said = (count: number) => measuringOriginal(foldEvents(emptyRun, log.slice(0, count)).points);
    expect(said(1)).toBe('Measuring the original model');
    expect(said(first + 1)).toBe('Measuring the original model (1 of 8 windows)');
    expect(said(log.length)).toBe('Measuring the original model');
  });

  it('starts anew with every run-started', () => {
    expect(foldEvents(foldEvents(emptyRun, log), log)).toEqual(foldEvents(emptyRun, log));
  });
});
