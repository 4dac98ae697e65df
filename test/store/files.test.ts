/** What is dropped, what is taken away, and whether two runs agree. */
import { describe, expect, it } from 'vitest';
import { writeLog } from '../../src/log/file';
import { comparePoint, tally } from '../../src/store/compare';
import { refusalWords, sortDropped } from '../../src/store/dropped';
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
    expect((await sortDropped([file('model.onnx', '')])).checkpoint).toHaveLength(1);
  });
});

describe('pictures that are dropped', () => {
  const line = '{"image": "in/a.png", "caption": "x"}\n';

  it('are a set with the list that lies beside them, whatever else is in the folder', async () => {
    const files = [
      file('set/list.jsonl', line),
      file('set/in/a.png', 'a'),
      file('set/b.JPG', 'b'),
      file('set/README.md', 'how it was made'),
      file('notes.txt', 'a text'),
    ];
    const { sets, texts, checkpoint, refused } = await sortDropped(files);
    expect(sets.map(({ list }) => list.path)).toEqual(['set/list.jsonl']);
    expect(sets[0]?.pictures.map(({ path }) => path)).toEqual(['in/a.png', 'b.JPG']);
    expect(texts.map(({ path }) => path)).toEqual(['notes.txt']);
    expect([checkpoint, refused]).toEqual([[], []]);
  });

  it('may come as single files, and a first line may say how they are written', async () => {
    const files = [
      file('list.jsonl', '{"ask": "<image>{question}"}\n' + line),
      file('a.png', 'a'),
      file('t/b.txt', 't'),
    ];
    const { sets, texts } = await sortDropped(files);
    expect(sets.map(({ list, pictures }) => [list.path, pictures.length])).toEqual([['list.jsonl', 1]]);
    expect(texts.map(({ path }) => path)).toEqual(['t/b.txt']);
    // A key that is not the first, and a first line that is no JSON: its reader names it.
    for (const first of ['{"question": "q", "answer": "a", "image": "a.png"}', '{"image": "a.png", caption}']) {
      expect((await sortDropped([file('l.jsonl', first)])).sets).toHaveLength(1);
    }
    for (const first of ['{"text": "of an image"}', '{"type": "run-started"}', 'image']) {
      expect((await sortDropped([file('l.jsonl', first)])).sets).toHaveLength(0);
    }
  });

  it('alone lack words: what is needed is said, with an example, and whether the open model looks', async () => {
    const { refused } = await sortDropped([file('photo.png', 'x')]);
    const { title, text } = refusalWords(refused, { name: 'looks', pictures: { side: 28, features: 4, id: 5 } });
    expect(title).toBe('photo.png is a picture without words');
    expect(text).toContain('{"image": "photo.png", "caption": "a dog on a beach"}');
    expect(text).not.toContain('takes no pictures');
    expect(refusalWords(refused, { name: 'level-100' }).text).toMatch(
      /level-100 takes no pictures: open a model that does/,
    );
    const two = await sortDropped([file('a.png', 'x'), file('b.jpg', 'x')]);
    expect(refusalWords(two.refused).title).toBe('2 pictures without words');
  });
});

describe('files that nothing reads', () => {
  const say = async (...files: readonly ReturnType<typeof file>[]) =>
    refusalWords((await sortDropped(files)).refused).text;

  it('are named for what they are, with what opens instead', async () => {
    for (const [path, what] of [
      ['paper.pdf', 'a document'],
      ['scores.csv', 'a table'],
    ] as const) {
      const said = await say(file(path, 'x'));
      expect(said).toContain(`It is ${what}`);
      expect(said).toMatch(/checkpoint folder .*\.safetensors.*text \(\.txt.*log of a run \(\.ndjson\)/);
    }
    expect(await say(file('a.pdf', ''), file('b.png', ''))).toContain('1 more like it');
  });

  it('are told from this page’s own tables, whose log opens', async () => {
    for (const table of [file('run.csv', toCsv(points)), file('run.json', toJson(points))]) {
      const { refused, checkpoint } = await sortDropped([table]);
      expect([refused.map(({ what }) => what), checkpoint]).toEqual([['results'], []]);
      expect(refusalWords(refused).text).toContain('Drop the log (.ndjson)');
    }
  });

  it('make no text of what lies beside them in a folder', async () => {
    const readme = file('unrelated/README.md', 'hi!');
    for (const other of [file('unrelated/photo.png', ''), file('unrelated/data.xyz', '')]) {
      expect((await sortDropped([readme, other])).texts).toEqual([]);
    }
    // A folder of texts is a folder of texts, and a file by itself was meant.
    expect((await sortDropped([readme, file('unrelated/b.txt', 'x')])).texts).toHaveLength(2);
    expect((await sortDropped([file('a.txt', 'x'), file('photo.png', '')])).texts).toHaveLength(1);
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

  it('have a column of operations where some point has any', () => {
    expect(toCsv(points)).not.toContain('operations');
    const running = points.map((point, i) =>
      i === 2 && point.size ? { ...point, size: { ...point.size, operations: 4096 } } : point,
    );
    expect(rows(running).map((row) => row['operations'])).toEqual(running.map((_, i) => (i === 2 ? 4096 : 0)));
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
    expect(comparePoint({ ...shared, values: { ...shared.values, perplexity: far } }, mine)).toBe('differs');
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
