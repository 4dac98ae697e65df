/** What is dropped, what is taken away, and whether two runs agree. */
import { describe, expect, it } from 'vitest';
import { writeLog } from '../../src/lab/log';
import { comparePoint, tally } from '../../src/store/compare';
import { sortDropped } from '../../src/store/dropped';
import { rows, toCsv, toJson } from '../../src/store/exports';
import { bytes, count, duration, number, withInterval } from '../../src/store/format';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { sampleLog } from './sampleLog';

const log = sampleLog();
const { points } = foldEvents(emptyRun, log);
const file = (path: string, content: string) => ({ path, blob: new Blob([content]) });

describe('dropped files', () => {
  it('are told apart', async () => {
    const files = [
      file('notes.txt', 'some text'),
      file('run.ndjson', writeLog(log)),
      file('c4.jsonl', '{"text":"a document"}\n'),
      file('.DS_Store', 'x'),
    ];
    const { checkpoint, texts, logs } = await sortDropped(files);
    expect(checkpoint).toEqual([]);
    expect(texts.map(({ path }) => path)).toEqual(['notes.txt', 'c4.jsonl']);
    expect(logs.map(({ path }) => path)).toEqual(['run.ndjson']);
  });

  it('are a checkpoint as a whole when weights or a config are among them', async () => {
    const files = [file('m/config.json', '{}'), file('m/model.safetensors', ''), file('m/README.txt', 'x')];
    expect((await sortDropped(files)).checkpoint).toHaveLength(3);
    expect((await sortDropped([file('model.gguf', '')])).checkpoint).toHaveLength(1);
    // Unknown files go to the checkpoint reader, which names what it found.
    expect((await sortDropped([file('photo.png', '')])).checkpoint).toHaveLength(1);
  });
});

describe('tables', () => {
  it('have one row per measured point', () => {
    expect(rows(points)).toHaveLength(13);
    const lines = toCsv(points).trimEnd().split('\n');
    expect(lines).toHaveLength(14);
    expect(lines[0]).toMatch(/^recipe,bits,group,bitsPerWeight/);
    const columns = lines[0]?.split(',').length;
    expect(lines.every((line) => line.split(',').length === columns)).toBe(true);
    expect(JSON.parse(toJson(points))).toEqual(rows(points));
  });

  it('disarm names that a spreadsheet would compute', () => {
    const evil = points.map((point) => ({ ...point, method: '=HYPERLINK("x")' }));
    expect(toCsv(evil)).toContain(`"'=HYPERLINK(""x"")"`);
  });
});

describe('comparison', () => {
  const mine = points[3];
  if (!mine) throw new Error('no point');

  it('tells match, close and differs', () => {
    expect(comparePoint(mine, mine)).toBe('match');
    const shared = { ...mine, hash: mine.hash?.slice(0, 8) ?? null };
    expect(comparePoint(shared, mine)).toBe('match');
    expect(comparePoint({ ...shared, hash: 'ffffffff' }, mine)).toBe('close');
    const far = { mean: 99, low: 98, high: 100 };
    expect(comparePoint({ ...shared, perplexity: far }, mine)).toBe('differs');
    expect(comparePoint(undefined, mine)).toBeNull();
    expect(comparePoint(shared, { ...mine, state: 'evaluating' })).toBeNull();
  });

  it('counts', () => {
    expect(tally(points, points)).toEqual({ match: 13, close: 0, differs: 0, open: 0 });
    expect(tally([], points).open).toBe(13);
  });
});

describe('numbers', () => {
  it('have the digits that they can carry', () => {
    expect(number(0)).toBe('0');
    expect(number(6.19999)).toBe('6.200');
    expect(number(123_456)).toBe('123456');
    expect(number(1.2e9)).toBe('1.20e+9');
    expect(number(Infinity)).toBe('∞');
    expect(withInterval(6.2345, 6.1, 6.3)).toBe('6.23');
    expect(withInterval(57.5, 50, 65)).toBe('57.5');
    expect(bytes(1_040_000)).toBe('1.04 MB');
    expect(count(260_000)).toBe('260 k');
    expect(duration(3.21)).toBe('3.2 s');
    expect(duration(4000)).toBe('67 min');
  });
});
