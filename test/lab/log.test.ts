import { describe, expect, it } from 'vitest';
import { readLog, writeLog } from '../../src/lab/log';
import { FormatError } from '../../src/util/errors';
import { createRng } from '../../src/util/rng';
import { madeUpLog } from './shared';

describe('log', () => {
  it('reads what it wrote, every kind of event', () => {
    const events = madeUpLog();
    const text = writeLog(events);
    expect(text.split('\n').length).toBe(events.length + 1);
    expect(readLog(text)).toEqual(events);
    expect(readLog(text.replaceAll('\n', '\r\n') + '\n\n')).toEqual(events);
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
    expect(() => readLog(withLine(2, '{"type":"run-resumed","layersKept":"2"}'))).toThrow(
      /line 2: has no number at "layersKept"/,
    );
    expect(() => readLog(withLine(2, '{"type":"toString"}'))).toThrow(
      /event "toString" that this version does not know/,
    );
    expect(() => readLog('')).toThrow(/empty/);
    expect(() => readLog(lines.slice(1).join('\n'))).toThrow(/begins with "run-started"/);
    expect(() => readLog(withLine(3, `{"type":"${'x'.repeat(5_000_000)}"}`))).toThrow(/more than 4000000 characters/);
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
