import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PointResult, RunEvent } from '../../src/log/events';
import { readLog, readLogFile, writeLog } from '../../src/log/file';
import { rowOf } from '../../src/log/rows';
import { FormatError } from '../../src/util/errors';
import { createRng } from '../../src/util/rng';
import { madeUpLog } from '../lab/shared';

/** A result whose intervals have no end. */
const unbounded = (result: PointResult): PointResult => ({
  ...result,
  values: Object.fromEntries(
    Object.entries(result.values).map(([name, value]) => [name, { ...value, high: Infinity }]),
  ),
});

const isResult = (value: unknown): value is PointResult =>
  typeof value === 'object' && value !== null && 'values' in value;
/** An event as its line, whatever is wrong with it. */
function asLine(event: object): object {
  if ('result' in event && isResult(event.result)) return { ...event, result: rowOf(event.result) };
  if (!('points' in event) || !Array.isArray(event.points)) return event;
  return { ...event, points: event.points.map((point: unknown) => (isResult(point) ? rowOf(point) : point)) };
}

describe('log', () => {
  it('reads what it wrote, every kind of event', () => {
    const events = madeUpLog();
    const text = writeLog(events);
    expect(text.split('\n').length).toBe(events.length + 1);
    expect(readLog(text)).toEqual(events);
    expect(readLog(text.replaceAll('\n', '\r\n') + '\n\n')).toEqual(events);
  });

  it('reads logs of version 0.1, whose sites had no ids, whose points had one recipe and whose values stood by themselves', () => {
    const back = readLog(readFileSync(join(import.meta.dirname, 'fixtures/log-0.1.ndjson'), 'utf8'));
    const solved = back.flatMap((event) => (event.type === 'site-quantized' ? [event] : []));
    expect(solved.map(({ site }) => site)).toEqual([
      'decoder.0.attention.qkv',
      'embedding',
      'head',
      'decoder.4.mlp.down',
    ]);
    const [first] = back;
    const tables = first?.type === 'run-started' ? first.settings.points[1]?.assignment : null;
    expect(tables?.except).toEqual([
      {
        where: 'embedding',
        recipe: {
          transform: [],
          grid: { name: 'uniform', bits: 8, group: 32, symmetric: false, clip: 'min-max' },
          rounding: { name: 'nearest' },
          correction: [],
        },
      },
    ]);
    // All else is what this version makes of the same run.
    const same = (events: readonly RunEvent[]) =>
      events.filter((event) => event.type !== 'site-quantized' && event.type !== 'run-started');
    expect(same(back)).toEqual(same(madeUpLog()));
    expect(readLog(writeLog(back))).toEqual(back);
  });

  it('reads remarks of the model where there are some', () => {
    const [first, ...rest] = madeUpLog();
    if (first?.type !== 'run-started') throw new Error('the log begins otherwise');
    const events = [{ ...first, model: { ...first.model, remarks: ['no tokenizer'] } }, ...rest];
    expect(readLog(writeLog(events))).toEqual(events);
    const line = JSON.stringify({ ...first, model: { ...first.model, remarks: 'one' } });
    expect(() => readLog(`${line}\n`)).toThrow(/line 1: has no list of at most 100 at "model.remarks"/);
  });

  it('names the line and the field that is wrong', () => {
    const lines = writeLog(madeUpLog()).split('\n');
    const withLine = (n: number, line: string) => lines.map((old, i) => (i === n - 1 ? line : old)).join('\n');
    expect(() => readLog(withLine(3, '{'))).toThrow(/line 3: is not JSON/);
    expect(() => readLog(withLine(3, '[]'))).toThrow(/line 3: is not an event/);
    expect(() => readLog(withLine(2, '{"type":"run-resumed","sitesKept":"2"}'))).toThrow(
      /line 2: has no number at "sitesKept"/,
    );
    expect(() => readLog(withLine(2, '{"type":"toString"}'))).toThrow(
      /event "toString" that this version does not know/,
    );
    expect(() => readLog('')).toThrow(/empty/);
    expect(() => readLog(lines.slice(1).join('\n'))).toThrow(/begins with "run-started"/);
    expect(() => readLog(withLine(3, `{"type":"${'x'.repeat(5_000_000)}"}`))).toThrow(/more than 4000000 characters/);
  });

  it('reads every log that is written, whatever its numbers are', () => {
    const endless = { mean: Infinity, low: -Infinity, high: NaN };
    const unmeasured = { mean: NaN, low: NaN, high: NaN };
    const events = madeUpLog().map((event): RunEvent => {
      if (event.type === 'window-evaluated') {
        return {
          ...event,
          quality: { ...event.quality, values: { perplexity: endless, kld: endless, bitsPerByte: unmeasured } },
        };
      }
      if (event.type === 'site-quantized') {
        const both = { before: NaN, after: Infinity };
        const spread = { before: [NaN], after: [1, Infinity] };
        const insight = { outliers: both, weights: spread, inputs: spread };
        return { ...event, loss: Infinity, energy: NaN, damping: Infinity, insight };
      }
      if (event.type === 'point-finished') {
        return { ...event, result: unbounded(event.result), losses: [1, NaN] };
      }
      if (event.type === 'run-finished') {
        return { ...event, points: event.points.map(unbounded) };
      }
      if (event.type === 'run-failed') {
        const error = { ...event.error, message: 'x'.repeat(50_000), details: { a: NaN, b: 'y'.repeat(20_000) } };
        return { ...event, error };
      }
      return event;
    });
    const back = readLog(writeLog(events));
    const find = <T extends RunEvent['type']>(type: T) =>
      back.find((event) => event.type === type) as Extract<RunEvent, { type: T }>;
    expect(find('window-evaluated').quality.values).toEqual({
      perplexity: unmeasured,
      kld: unmeasured,
      bitsPerByte: unmeasured,
    });
    expect(find('site-quantized')).toMatchObject({ loss: null, energy: null, damping: NaN });
    expect(find('site-quantized').insight?.weights.after).toEqual([1, NaN]);
    expect(find('point-finished').losses).toEqual([1, NaN]);
    expect(find('point-finished').result.values['perplexity']?.high).toBeNaN();
    expect(find('run-failed').error.message).toBe(`${'x'.repeat(9999)}…`);
    expect(find('run-failed').error.details).toEqual({ a: null, b: `${'y'.repeat(9999)}…` });
    // What was not measured stays so, and the log is the same when it is saved again.
    expect(readLog(writeLog(back))).toEqual(back);
    const many = { type: 'point-finished', losses: Array<number>(400_000).fill(1.234567) } as const;
    const large = madeUpLog().map((event) => (event.type === 'point-finished' ? { ...event, ...many } : event));
    expect(readLog(writeLog(large)).filter((event) => event.type === 'point-finished' && event.losses)).toEqual([]);
  });

  it('refuses a log that contradicts itself, and says how', () => {
    const log = madeUpLog();
    const at = (type: RunEvent['type']) => log.findIndex((event) => event.type === type);
    const changed = <T extends RunEvent['type']>(type: T, change: (event: Extract<RunEvent, { type: T }>) => object) =>
      log.map((event, i) =>
        i === at(type) ? { ...event, ...change(event as Extract<RunEvent, { type: T }>) } : event,
      );
    const finished = (change: Readonly<Record<string, unknown>>, which = 1) => {
      const index = at('point-finished') + which;
      return log.map((event, i) =>
        i === index && event.type === 'point-finished'
          ? { ...event, result: { ...rowOf(event.result), ...change } }
          : event,
      );
    };
    const around = (index: number, ...between: object[]) => [...log.slice(0, index), ...between, ...log.slice(index)];
    const cases: readonly (readonly [readonly object[], RegExp])[] = [
      [
        around(1, { type: 'text-doubted', doubt: 'overlap', text: 'a', share: 1.5 }),
        /shares more passages than the text has/,
      ],
      [
        changed('run-started', ({ settings }) => ({
          settings: { ...settings, points: [...settings.points, ...settings.points] },
        })),
        /plans two points named "full-precision"/,
      ],
      [
        changed('run-started', ({ model }) => ({ model: { ...model, fingerprint: 'xyz' } })),
        /no hexadecimal digits at "model.fingerprint"/,
      ],
      [
        changed('run-started', ({ model }) => ({ model: { ...model, parameters: 0 } })),
        /whole number from 1 on at "model.parameters"/,
      ],
      [changed('run-started', ({ settings }) => ({ settings: { ...settings, context: -4 } })), /"settings.context"/],
      [
        changed('point-started', () => ({ point: 'rtn-9' })),
        /line 5: is about the point "rtn-9", which the run does not plan/,
      ],
      [changed('site-quantized', () => ({ point: 'x' })), /the point "x"/],
      [changed('site-quantized', () => ({ site: 'decoder.5.mlp.down' })), /names block 5 of a model with 5/],
      [changed('site-quantized', () => ({ rows: -1 })), /whole number from 1 on at "rows"/],
      [changed('site-quantized', () => ({ bits: -2 })), /number from 0 on at "bits"/],
      [changed('site-quantized', () => ({ hash: 'no' })), /hexadecimal digits at "hash"/],
      [changed('progressed', () => ({ done: 1.5 })), /number from 0 to 1 at "done"/],
      [changed('progressed', () => ({ secondsElapsed: -1 })), /"secondsElapsed"/],
      [
        changed('window-evaluated', ({ quality }) => ({ quality: { ...quality, windows: 41 } })),
        /has 41 windows of 40/,
      ],
      [
        changed('window-evaluated', ({ quality }) => ({
          quality: { ...quality, values: { ...quality.values, top1: { mean: 1, low: 2, high: 3 } } },
        })),
        /has a top1 outside its interval/,
      ],
      [
        changed('window-evaluated', ({ quality }) => ({
          quality: { ...quality, values: { 'a b': { mean: 1, low: 1, high: 1 } } },
        })),
        /name of a value instead of "a b" at "quality.values"/,
      ],
      [finished({ 'a b': 1 }), /name of a value instead of "a b" at "result"/],
      [finished({ speedLow: 1 }), /name of a value instead of "speedLow" at "result"/],
      [finished({ id: 'other' }), /the point "other", which the run does not plan/],
      [finished({ id: 'gptq-8' }), /has another method, width or group than the plan of "gptq-8"/],
      [finished({ bits: 7 }), /another method, width or group than the plan of "rtn-8"/],
      [finished({ perplexity: 1e9 }), /has a perplexity outside its interval/],
      [finished({ kld: -5 }), /has a kld outside its interval/],
      [finished({ hash: 'zz' }), /hexadecimal digits at "result.hash"/],
      [finished({ bits: -3 }), /whole number from 0 to 64 at "result.bits"/],
      [finished({ perplexity: 0 }), /number above 0 at "result.perplexity"/],
      [finished({ lnRatio: 0, lnRatioLow: 0, lnRatioHigh: 0 }, 0), /compares full precision with itself/],
      [
        changed('point-finished', () => ({ byBlock: { rerouted: [{ block: 5, mean: 0, low: 0, high: 0 }] } })),
        /tells rerouted of block 5 of a model with 5/,
      ],
      [
        changed('point-finished', () => ({ byBlock: { rerouted: [{ block: 1, mean: 0, low: 0.1, high: 0.2 }] } })),
        /has a rerouted of block 1 outside its interval/,
      ],
      [
        changed('point-finished', () => ({
          byBlock: { rerouted: [0, 0].map((block) => ({ block, mean: 0, low: 0, high: 0 })) },
        })),
        /tells rerouted of a block twice/,
      ],
      [changed('point-finished', () => ({ byBlock: { 'a b': [] } })), /name of a value instead of "a b" at "byBlock"/],
      [
        around(at('run-stopped'), log[at('point-finished')] as object),
        /finishes the point "full-precision" a second time/,
      ],
      [
        around(at('run-stopped') + 1, { type: 'point-started', point: 'rtn-8' }),
        /is "point-started" after the run has ended with "run-stopped"/,
      ],
      [changed('run-finished', ({ points }) => ({ points: points.slice(0, 2) })), /ends without the point "gptq-8"/],
      [
        changed('run-finished', ({ points }) => ({ points: [...points, points[0]] })),
        /ends with the point "full-precision" twice/,
      ],
      [log.filter((_, i) => i !== at('point-finished') + 2), /ends with the point "gptq-8", which was not finished/],
      [
        changed('run-finished', ({ points }) => ({ points: points.map((p) => ({ ...p, hash: 'ab' })) })),
        /ends with another result of "full-precision"/,
      ],
    ];
    for (const [events, message] of cases) {
      const text = events.map((event) => `${JSON.stringify(asLine(event))}\n`).join('');
      expect(() => readLog(text), String(message)).toThrow(message);
      expect(() => readLog(text)).toThrow(FormatError);
    }
    // The same run on a new device measures its points again.
    expect(readLog(writeLog([...log, ...log]))).toHaveLength(2 * log.length);
  });

  it('says why a run failed before it began', () => {
    const error = { name: 'RecipeError', code: 'bad-setting', message: 'context: 900; expected less', details: {} };
    const text = writeLog([{ type: 'run-failed', error, secondsElapsed: 0 }]);
    expect(() => readLog(text)).toThrow(/begins with "run-started". The run failed before it began: context: 900/);
  });

  it('is refused by its depth before it is parsed', () => {
    const deep = `{"type":"run-started","app":${'['.repeat(100_000)}`;
    expect(() => readLog(deep)).toThrow(/line 1: is nested deeper than 64 levels/);
  });

  it('is read from a file in slices, and refused at the first wrong line', async () => {
    const log = madeUpLog();
    const layer = log.find((event) => event.type === 'site-quantized') as RunEvent;
    const start = log.slice(0, 6);
    const many = [...start, ...Array<RunEvent>(20_000).fill(layer), ...log.slice(6)];
    let breaths = 0;
    const breathe = () => Promise.resolve(void breaths++);
    // Letters of several bytes that straddle slices.
    const text = writeLog(many).replaceAll('attention.qkv', 'вниманиe🙂');
    const file = new Blob([text]);
    expect(await readLogFile(file, breathe)).toEqual(readLog(text));
    expect(breaths).toBe(Math.ceil(file.size / 500_000));

    const refusals: readonly (readonly [string, RegExp])[] = [
      ['\n'.repeat(30_000_000), /line 1001: is one more than the 1000 blank lines/],
      ['{"a":1}\n'.repeat(1_000_000), /line 1: is not an event/],
      ['x'.repeat(30_000_000), /line 1: has more than 4000000 characters/],
      [`${writeLog(start)}${'{}\n'.repeat(1_000_000)}`, /line 7: is not an event/],
    ];
    for (const [content, message] of refusals) {
      breaths = 0;
      await expect(readLogFile(new Blob([content]), breathe)).rejects.toThrow(message);
      expect(breaths).toBeLessThan(10);
    }
    const huge = { size: 200_000_001, slice: () => expect.unreachable('no byte of it is read') } as unknown as Blob;
    await expect(readLogFile(huge, breathe)).rejects.toThrow(/200000001 bytes, more than 200000000/);
  });

  it('survives mutations with its own errors only', () => {
    const rng = createRng(5);
    const text = writeLog(madeUpLog());
    for (let i = 0; i < 2000; i++) {
      const at = rng.integer(text.length);
      const mutated =
        text.slice(0, at) + String.fromCharCode(32 + rng.integer(95)) + text.slice(at + 1 + rng.integer(30));
      try {
        readLog(mutated);
      } catch (error) {
        expect(error, String(error)).toBeInstanceOf(FormatError);
      }
    }
  });
});
