/** Points that are taken over from an earlier run: the same numbers as measured ones, and only where the conditions are the same. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/log/events';
import { finishedPoints, requireRepeated, takeOver, type RunStarted } from '../../src/log/takeOver';
import { present } from '../../src/util/assert';
import { NumericError } from '../../src/util/errors';
import { testGpu } from '../gpu';
import { sampleLog } from '../store/sampleLog';
import { collect, finished, point, timeless, tinyInput, tinySettings } from '../lab/tiny';

const points = [point('rtn', 3), point('gptq', 3), point('quip', 4, null), point('gptq', 4)];
const pointOf = (event: RunEvent) => ('point' in event ? event.point : null);
const layerHashes = (events: readonly RunEvent[]) =>
  events
    .flatMap((event) => (event.type === 'site-quantized' ? [`${event.point} ${event.site} ${event.hash}`] : []))
    .sort();
const losses = (events: readonly RunEvent[]) =>
  Object.fromEntries(events.flatMap((e) => (e.type === 'point-finished' ? [[e.result.id, e.losses]] : [])));

/** Runs until `enough` points are finished, then stops. */
async function interrupted(input: Parameters<typeof collect>[0], enough: number): Promise<RunEvent[]> {
  const stop = new AbortController();
  let count = 0;
  return collect({ ...input, signal: stop.signal }, (event) => {
    if (event.type === 'point-finished' && ++count === enough) stop.abort();
  });
}

describe('a run that goes on', () => {
  for (const mode of ['shared', 'sequential'] as const) {
    it(`ends in the numbers and hashes of an uninterrupted one, and measures no point twice (${mode})`, async () => {
      const gpu = await testGpu();
      const settings = tinySettings(points, { mode });
      const whole = await collect(await tinyInput(gpu, settings));
      for (const enough of [1, 2, 4]) {
        const begun = await interrupted(await tinyInput(gpu, settings), enough);
        expect(begun.at(-1)?.type).toBe('run-stopped');
        const earlier = finishedPoints(begun);
        expect(earlier).toHaveLength(enough);
        // As after a reload: the log went through text, and no layer was kept.
        const read = JSON.parse(JSON.stringify(earlier)) as typeof earlier;
        const resumed = await collect(await tinyInput(gpu, settings, { earlier: read }));
        expect(timeless(finished(resumed) as never)).toEqual(timeless(finished(whole) as never));
        expect(layerHashes(resumed)).toEqual(layerHashes(whole));
        expect(losses(resumed)).toEqual(losses(whole));
        const taken = new Set(earlier.map(({ plan }) => plan.id));
        const measured = resumed.filter(({ type }) => type === 'window-evaluated').map(pointOf);
        expect(measured.length).toBeGreaterThan(enough);
        // What is taken over tells of its last windows, once.
        expect(measured.filter((id) => taken.has(id ?? ''))).toEqual([...taken]);
        expect(resumed.find(({ type }) => type === 'run-resumed')).toMatchObject({ sitesKept: 0, pointsKept: enough });
        // Sequential calibration plans one pass more than it makes.
        const done = resumed.flatMap((e) => (e.type === 'progressed' ? [e.done] : []));
        if (mode === 'shared') expect(done.at(-1)).toBeCloseTo(1, 9);
      }
    });
  }

  it('computes nothing where every point is finished', async () => {
    const gpu = await testGpu();
    const settings = tinySettings(points);
    const whole = await collect(await tinyInput(gpu, settings));
    const again = await collect(await tinyInput(gpu, settings, { earlier: finishedPoints(whole) }));
    expect(finished(again)).toEqual(finished(whole));
    expect(again.filter(({ type }) => type === 'progressed')).toEqual([]);
  });

  it('adds a method to what was measured, as if all had been asked for at once', async () => {
    const gpu = await testGpu();
    const awq = point('awq-gptq', 3);
    const all = await collect(await tinyInput(gpu, tinySettings([...points, awq])));
    const first = await collect(await tinyInput(gpu, tinySettings(points)));
    const added = await collect(
      await tinyInput(gpu, tinySettings([awq]), { earlier: finishedPoints(first), keepEarlier: 'all' }),
    );
    expect(timeless(finished(added) as never)).toEqual(timeless(finished(all) as never));
    const told = added.filter(({ type }) => type === 'window-evaluated').map(pointOf);
    expect(told.slice(0, 5)).toEqual(['full-precision', ...points.map(({ id }) => id)]);
    expect(new Set(told.slice(5))).toEqual(new Set([awq.id]));
  });
});

const log = sampleLog();
const started = log[0] as RunStarted;
const ids = (taken: ReturnType<typeof takeOver>) => [...taken.done.keys()];
const gptq = started.settings.points.filter(({ method }) => method === 'gptq').map(({ id }) => id);

describe('points are taken over', () => {
  const earlier = finishedPoints(log);

  it('only under the same conditions', () => {
    expect(ids(takeOver(started, earlier, 'asked'))).toHaveLength(13);
    const { settings, model, adapter, evaluation } = started;
    const others: RunStarted[] = [
      { ...started, app: 'another' },
      { ...started, adapter: { ...adapter, name: 'another' } },
      { ...started, model: { ...model, fingerprint: 'f'.repeat(16) } },
      { ...started, evaluation: { ...evaluation, fingerprint: 'f'.repeat(16) } },
      { ...started, settings: { ...settings, context: 128 } },
      { ...started, settings: { ...settings, maxTokens: null } },
      { ...started, settings: { ...settings, protocol: 'llama.cpp' } },
    ];
    for (const other of others) expect(ids(takeOver(other, earlier, 'asked'))).toEqual([]);
    // Full precision has no seed.
    expect(ids(takeOver({ ...started, settings: { ...settings, seed: 1 } }, earlier, 'asked'))).toEqual([
      'full-precision',
    ]);
  });

  it('whatever calibrates the others, where a method reads no inputs', () => {
    const { settings, calibration } = started;
    const others: RunStarted[] = [
      { ...started, calibration: null },
      { ...started, calibration: calibration && { ...calibration, fingerprint: 'f'.repeat(16) } },
      { ...started, settings: { ...settings, calibrationTokens: 16 } },
      { ...started, settings: { ...settings, mode: 'sequential' } },
    ];
    for (const other of others) {
      const taken = ids(takeOver(other, earlier, 'asked'));
      expect(taken).toHaveLength(7);
      expect(taken.filter((id) => gptq.includes(id))).toEqual([]);
    }
  });

  it('into a run that adds to them, with a name of their own where two groups meet, or not at all', () => {
    const { settings } = started;
    const asking = (points: typeof settings.points) => ({ ...started, settings: { ...settings, points } });
    const [reference, rtn] = settings.points as [(typeof settings.points)[0], (typeof settings.points)[0]];
    const awq = { ...point('awq-gptq', 3, 32), id: 'awq-gptq-3' };
    const joined = takeOver(asking([reference, awq]), earlier, 'all');
    expect(joined.settings.points.map(({ id }) => id)).toEqual([...settings.points.map(({ id }) => id), 'awq-gptq-3']);
    expect(ids(joined)).toHaveLength(13);

    const wide = { ...point('rtn', rtn.bits, 64), id: rtn.id };
    const groups = takeOver(asking([reference, wide]), earlier, 'all').settings.points;
    expect(groups.at(-1)).toEqual({ ...wide, id: `${rtn.id}-g64` });

    // Another recipe of the same method, width and group is no further point of the curve.
    const { all } = present(rtn.assignment, 'recipes');
    const assignment = { all: { ...all, grid: { ...all.grid, symmetric: true } } };
    const alone = takeOver(asking([reference, { ...rtn, assignment }]), earlier, 'all');
    expect(alone.settings.points).toHaveLength(2);
    expect(ids(alone)).toEqual(['full-precision']);

    // Nor one that rounds what the others leave as stored.
    const everywhere = { ...awq, assignment: { ...present(awq.assignment, 'recipes'), everywhere: true as const } };
    expect(takeOver(asking([reference, everywhere]), earlier, 'all').settings.points).toHaveLength(2);

    // Neither is anything added to points that another calibration made.
    const other = { ...asking([reference, awq]), calibration: null };
    expect(takeOver(other, earlier, 'all').settings.points).toHaveLength(2);
  });

  it('from every beginning of a log, each point as it was finished last', () => {
    const cut = log.findIndex((event) => event.type === 'point-finished' && event.result.id === 'gptq-8') + 1;
    const twice = [...log.slice(0, cut), ...log.slice(0, cut - 3)];
    const found = finishedPoints(twice);
    expect(found.map(({ plan }) => plan.id)).toEqual(['full-precision', 'rtn-8', 'gptq-8']);
    expect(found[2]?.events.at(-1)?.type).toBe('point-finished');
    expect(found[2]?.events.filter(({ type }) => type === 'site-quantized')).toHaveLength(8);
  });

  it('not beside a full precision that is no longer the same', () => {
    const finishing = log.find((event) => event.type === 'point-finished');
    if (!finishing) throw new Error('no point');
    const known = [{ ...finishing, losses: [1.5, 1.25] }];
    expect(() => requireRepeated(known, [1.500001, 1.25])).not.toThrow();
    expect(() => requireRepeated(known, [1.5, 1.26])).toThrow(NumericError);
  });
});
