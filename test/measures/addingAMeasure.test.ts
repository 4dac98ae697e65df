/** Follows docs/adding-a-measure.md to the letter: the two files of toy/ are those that the page prints, and nothing else is told of them. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { describeEvent } from '../../src/cli/print';
import type { PointResult, RunEvent, Values } from '../../src/log/events';
import { readLog, writeLog } from '../../src/log/file';
import { decodePermalink, encodePermalink } from '../../src/log/link/permalink';
import { sharedRun } from '../../src/log/link/sharedRun';
import { rowOf } from '../../src/log/rows';
import { curves, naturalScale, referenceValue } from '../../src/store/curves';
import { toCsv, toMarkdown } from '../../src/store/exports';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { present } from '../../src/util/assert';
import { sampleLog } from '../store/sampleLog';
import { confidence } from './toy/confidence';

vi.mock('../../src/measures/catalog', async (importOriginal) => {
  const { catalogOf, metaFiles } = await importOriginal<typeof import('../../src/measures/catalog')>();
  const toys = import.meta.glob<Record<string, never>>('./toy/*.meta.ts', { eager: true });
  return { catalogOf, metaFiles, ...catalogOf({ ...metaFiles, ...toys }) };
});

/** The sample run as if the toy had been measured with it: one token in two, more at more bits. */
function withToy(): RunEvent[] {
  const values = ({ bits }: { readonly bits: number }): Values => {
    const gathering = confidence({ bytesPerToken: 4 });
    const sure = Math.round(400 + 40 * (bits || 16));
    for (let window = 0; window < 8; window++) {
      gathering.add({ nll: Float32Array.from({ length: 1040 }, (_, i) => (i < sure + window ? 0.1 : 3)) });
    }
    return gathering.values();
  };
  const more = (result: PointResult): PointResult => ({ ...result, values: { ...result.values, ...values(result) } });
  return sampleLog().map((event) => {
    if (event.type === 'point-finished') return { ...event, result: more(event.result) };
    return event.type === 'run-finished' ? { ...event, points: event.points.map(more) } : event;
  });
}
const resultsOf = (log: readonly RunEvent[]) =>
  log.flatMap((event) => (event.type === 'point-finished' ? [event.result] : []));

describe('the page on adding a measure', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/adding-a-measure.md'), 'utf8');

  it('prints the measure that is tested here', () => {
    const printed = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
    const tested = ['confidence.meta.ts', 'confidence.ts'].map((name) =>
      readFileSync(join(import.meta.dirname, 'toy', name), 'utf8')
        .replaceAll("'../../../src/measures/", "'./")
        .replaceAll("'../../../src/", "'../"),
    );
    expect(printed).toEqual(tested);
  });

  it('is all: the value is in a log and comes back, as a column of its own', () => {
    const log = withToy();
    expect(readLog(writeLog(log))).toEqual(log);
    const [first] = resultsOf(log);
    expect(rowOf(present(first, 'full precision'))).toMatchObject({ confident: expect.closeTo(1, 2) as number });
    expect(() => readLog(writeLog(log).replaceAll(/"confident":0\.\d+/g, '"confident":1.5'))).toThrow(
      /number from 0 to 1 at "result.confident"/,
    );
  });

  it('is all: a link carries it', async () => {
    const share = present(sharedRun(withToy()), 'a run');
    const back = await decodePermalink(await encodePermalink(share));
    for (const [i, { values }] of back.results.entries()) {
      const want = present(share.results[i]?.values['confident'], 'confident');
      expect(values['confident']?.mean).toBeCloseTo(want.mean, 4);
      expect(values['confident']?.high).toBeCloseTo(want.high, 3);
    }
  });

  it('is all: tables and the chart have it', () => {
    const { points } = foldEvents(emptyRun, withToy());
    const [heads = '', row = ''] = toCsv(points).split('\n');
    expect(heads.split(',')).toEqual(expect.arrayContaining(['confident', 'confidentLow', 'confidentHigh']));
    expect(row.split(',').length).toBe(heads.split(',').length);
    expect(toMarkdown(points, null, (method) => method)).toMatch(/\| Confident \|\n/);
    expect(toMarkdown(points, null, (method) => method)).toMatch(/ 69\.6 % \|/);
    const drawn = curves(points, 'bits', 'confident', naturalScale('confident'));
    expect(drawn.flatMap((curve) => curve.points)).toHaveLength(12);
    expect(referenceValue(points, 'confident')?.mean).toBeCloseTo(1, 2);
  });

  it('is all: the command line has a column of it', () => {
    const log = withToy();
    const lines = log.flatMap((event) => describeEvent(event) ?? []);
    expect(lines[0]).toMatch(/ top-1 +confident +seconds$/);
    expect(lines.find((line) => /^gptq +2 /.test(line))).toMatch(/ 46\.5 % +1\.5$/);
  });
});
