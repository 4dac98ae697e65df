/** The command line from outside: what it prints where, and how it ends. On a tiny checkpoint with a tokenizer of single characters. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PointResult, RunEvent } from '../../src/log/events';
import type { RoundingEvent } from '../../src/log/rounding';
import { readLog } from '../../src/log/file';
import { bertFiles } from '../model/bert';
import { goldenModel } from '../model/folder';
import { writeLetters, writePictureModel } from '../model/letters';
import { labGoldens, textOfIds } from '../lab/tiny';
import { present } from '../../src/util/assert';
import { meanOf } from '../meanOf';

let folder = '';
const root = resolve(import.meta.dirname, '../..');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bitcurve-cli-'));
  for (const name of ['config.json', 'model.safetensors'])
    copyFileSync(join(goldenModel('llama'), name), join(folder, name));
  writeLetters(folder);
  for (const name of ['other-F16.gguf', 'this-f32.gguf', 'notes.md']) writeFileSync(join(folder, name), 'GGUF');
  writeFileSync(join(folder, 'eval.txt'), textOfIds(labGoldens.ids).text);
  writeFileSync(join(folder, 'tiny.txt'), textOfIds(labGoldens.ids.slice(0, 20)).text);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function lab(...args: readonly string[]): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['src/cli/engine.mjs', 'src/cli/main.ts', ...args], { cwd: root });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('error', fail);
    child.on('close', (code) => done({ code, out, err }));
  });
}

const sweep = (...more: readonly string[]) =>
  lab(
    'sweep',
    ...['--model', folder, '--text', join(folder, 'eval.txt'), '--calibration', join(folder, 'eval.txt')],
    ...['--recipes', 'rtn,gptq', '--bits', '4,3', '--group', '8', '--context', '24', '--json'],
    ...more,
  );
const pointsOf = (events: readonly RunEvent[]): readonly PointResult[] => {
  const last = events.at(-1);
  return last?.type === 'run-finished' ? last.points : [];
};

describe('lab', () => {
  it('sweeps: events on standard output and nothing else, run-finished last; resumes from kept layers', async () => {
    const { code, out, err } = await sweep('--keep', join(folder, 'kept'));
    expect(err).toBe('');
    expect(code).toBe(0);
    const points = pointsOf(readLog(out));
    expect(points.map(({ method, bits }) => `${method} ${bits}`)).toEqual([
      'full-precision 0',
      'rtn 4',
      'rtn 3',
      'gptq 4',
      'gptq 3',
    ]);
    const wanted =
      'recipe bits group bitsPerWeight bitsPerWeightAll megabytes perplexity perplexityLow perplexityHigh lnRatio kld top1 tokens seconds hash';
    const last = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as {
      type: string;
      points: Record<string, unknown>[];
    };
    expect(last.type).toBe('run-finished');
    expect(last.points[0]?.['recipe']).toBe('full-precision');
    for (const point of last.points) for (const key of wanted.split(' ')) expect(point).toHaveProperty(key);
    const loss = labGoldens.rows.find((row) => row.model === 'llama' && row.protocol === 'gptq')?.loss ?? NaN;
    expect(Math.abs(Math.log(meanOf(points[0])) / loss - 1)).toBeLessThan(1e-6);

    const again = readLog((await sweep('--keep', join(folder, 'kept'))).out);
    expect(again.find((event) => event.type === 'run-resumed')).toEqual({ type: 'run-resumed', sitesKept: 4 * 2 * 4 });
    expect(pointsOf(again).map(({ hash }) => hash)).toEqual(points.map(({ hash }) => hash));
  });

  it('evaluates for people, one line a point', async () => {
    const { code, out } = await lab(
      ...[
        'evaluate',
        '--model',
        folder,
        '--text',
        join(folder, 'eval.txt'),
        '--context',
        '24',
        '--protocol',
        'llama.cpp',
      ],
    );
    expect(code).toBe(0);
    const row = labGoldens.rows.find(({ model, protocol }) => model === 'llama' && protocol === 'llama.cpp');
    const perplexity = Math.exp(row?.loss ?? NaN);
    expect(out).toContain(` ${Number(perplexity.toPrecision(4))} `);
    // A random model predicts no better than frequencies do, and that is said.
    expect(out.trim().split('\n').length).toBe(4);
    expect(out).toMatch(/note: eval\.txt seems foreign to this model/);
    const text = ['--text', join(folder, 'eval.txt'), '--context', '24'];
    const exact = await lab('evaluate', '--model', folder, ...text, '--protocol', 'llama.cpp', '--json');
    expect(meanOf(pointsOf(readLog(exact.out))[0]).toPrecision(6)).toBe(perplexity.toPrecision(6));
    const short = await lab('evaluate', '--model', folder, ...text, '--max-tokens', '10');
    expect(short.out.split('\n')[1]).toBe('--max-tokens 10: one window of 24 is the least that is evaluated');
  });

  it('inspects from headers alone', async () => {
    const { code, out } = await lab('inspect', '--model', folder, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ architecture: 'llama', layers: 2, hidden: 32, vocabulary: 64 });
    expect((await lab('inspect', '--model', join(folder, 'model.safetensors'), '--json')).out).toBe(out);
  });

  it('inspects what it cannot run, and says why', async () => {
    const unknown = join(folder, 'unknown');
    mkdirSync(unknown);
    for (const { path, blob } of bertFiles()) {
      writeFileSync(join(unknown, basename(path)), new Uint8Array(await blob.arrayBuffer()));
    }
    const { code, out } = await lab('inspect', '--model', unknown, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ kind: 'tensors', architecture: 'bert', tensors: 37 });
    const errors = await lab('inspect', '--model', unknown, '--errors', '--bits', '4', '--group', '16', '--json');
    expect(errors.code).toBe(0);
    const events = errors.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RoundingEvent);
    expect(events.filter(({ type }) => type === 'matrix-rounded')).toHaveLength(24 * 3);
    expect(events.at(-1)).toMatchObject({
      type: 'rounding-finished',
      totals: [{ point: 'rtn-4', matrices: 24 }, {}, {}],
    });
    const measured = await lab('evaluate', '--model', unknown, '--text', join(folder, 'eval.txt'));
    expect(measured).toMatchObject({ code: 1, out: '' });
    expect(measured.err).toMatch(/the architecture is "bert"; supported are/);
  });

  it('opens a folder with links that lead nowhere, and names a hidden folder that holds the only model', async () => {
    const linked = join(folder, 'linked');
    const cache = join(linked, '.cache', 'snapshot');
    mkdirSync(cache, { recursive: true });
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      copyFileSync(join(folder, name), join(cache, name));
    }
    symlinkSync('../../blobs/0000', join(cache, 'README.md'));
    expect((await lab('inspect', '--model', cache)).code).toBe(0);
    const { code, err } = await lab('inspect', '--model', linked);
    expect(code).toBe(1);
    expect(err).toContain(`hidden folders are not searched: give ${cache} as --model`);
    rmSync(linked, { recursive: true });
  });

  it('tells of a model without a tokenizer before any run', async () => {
    const { code, out } = await lab('inspect', '--model', goldenModel('llama'));
    expect(code).toBe(0);
    expect(out).toMatch(/remark +no text can be evaluated: tokenizer.json is missing; found config.json/);
    expect((await lab('inspect', '--model', folder)).out).not.toContain('remark');
  });

  it('writes logits as transformers gives them', async () => {
    const windows = JSON.parse(readFileSync(join(goldenModel('llama'), 'ids.json'), 'utf8')) as { windows: number[][] };
    const ids = windows.windows[0]?.slice(0, 20) ?? [];
    const out = join(folder, 'logits.f32');
    const ended = await lab('logits', '--model', folder, '--ids', ids.join(','), '--out', out);
    expect(ended).toEqual({ code: 0, out: '', err: `wrote [20, 64] float32 to ${out}\n` });
    expect(distance(out, 'llama', 20)).toBeLessThan(1e-5);
  });

  it('writes logits behind pictures, and says what is wrong with them', async () => {
    const model = goldenModel('llava');
    const { windows } = JSON.parse(readFileSync(join(model, 'ids.json'), 'utf8')) as { windows: number[][] };
    const ids = ['--ids', present(windows[0], 'a window').join(',')];
    // The first window has the first picture.
    const pixels = join(folder, 'pixels.f32');
    const all = readFileSync(join(model, 'pixels.f32'));
    writeFileSync(pixels, all.subarray(0, 4 * 3 * 28 * 28));
    const out = join(folder, 'seen.f32');
    const ended = await lab('logits', '--model', model, ...ids, '--pixels', pixels, '--out', out);
    expect(ended.err).toBe(`wrote [40, 64] float32 to ${out}\n`);
    expect(distance(out, 'llava', 40)).toBeLessThan(1e-5);
    writeFileSync(join(folder, 'odd.f32'), all.subarray(0, 7));
    for (const [file, message] of [
      [join(model, 'pixels.f32'), /16 places for pictures \(id 63\), and the pictures make 48 features/],
      [join(folder, 'odd.f32'), /odd.f32 has 7 bytes, which are no whole float32 values/],
      [join(folder, 'none.f32'), /none.f32 cannot be read: there is no such file/],
    ] as const) {
      const { code, err } = await lab('logits', '--model', model, ...ids, '--pixels', file, '--out', out);
      expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
      expect(err).toMatch(message);
    }
  });

  it('opens a model of parts, and writes logits behind its pictures', async () => {
    const model = goldenModel('vila');
    const { windows } = JSON.parse(readFileSync(join(model, 'ids.json'), 'utf8')) as { windows: number[][] };
    const card = await lab('inspect', '--model', model);
    expect([card.code, card.err]).toEqual([0, '']);
    expect(card.out).toContain('llava_llama');
    const pixels = join(folder, 'vila.f32');
    writeFileSync(pixels, readFileSync(join(model, 'pixels.f32')).subarray(0, 4 * 3 * 20 * 20));
    const out = join(folder, 'vila-logits.f32');
    const ids = ['--ids', present(windows[0], 'a window').join(',')];
    const ended = await lab('logits', '--model', model, ...ids, '--pixels', pixels, '--out', out);
    expect(ended.err).toBe(`wrote [40, 64] float32 to ${out}\n`);
    expect(distance(out, 'vila', 40)).toBeLessThan(1e-5);
  });

  it('evaluates pictures with what is told of them', async () => {
    const model = join(folder, 'pictures');
    writePictureModel(model);
    for (const name of ['colour.png', 'palette-4.png'])
      copyFileSync(join(root, 'test/golden/pictures', name), join(model, name));
    const said = (...ids: number[]) => textOfIds(ids).text;
    const lines = [
      { image: 'colour.png', caption: said(40, 41, 42) },
      { image: 'palette-4.png', question: said(20), answer: said(30), choices: [said(30), said(31)] },
    ];
    const images = join(model, 'set.jsonl');
    writeFileSync(images, lines.map((line) => JSON.stringify(line)).join('\n'));
    const asked = ['evaluate', '--model', model, '--images', images, '--ask', '<image>{question}{answer}'];
    const { code, out, err } = await lab(...asked);
    expect([code, err]).toEqual([0, '']);
    const [head = '', columns = '', row = ''] = out.split('\n');
    expect(head).toContain('set.jsonl, pictures windows of');
    expect(columns).toMatch(/ seconds +accuracy +Other picture +From the picture$/);
    expect(row).toMatch(/^full-precision .* (0|100)\.0 % .* \d[\d.e+]* +-?\d[\d.e+-]*$/);
    const other = await lab(...asked, '--other-pictures');
    expect(other.out.split('\n')[0]).toContain('other-pictures windows of');
    expect(other.out.split('\n')[2]).not.toBe(row);
    // The file may say how its lines are written; the same is then the same.
    const told = join(model, 'told.jsonl');
    const wording = { ask: '<image>{question}{answer}' };
    writeFileSync(told, [wording, ...lines].map((line) => JSON.stringify(line)).join('\n'));
    const byFile = await lab('evaluate', '--model', model, '--images', told);
    expect(byFile.out.split('\n')[2]?.split(/ +/).slice(0, 4)).toEqual(row.split(/ +/).slice(0, 4));
    const sweep = ['sweep', '--model', model, '--images', images, '--recipes', 'gptq', '--bits', '2', '--group', '8'];
    const calibrated = async (...more: string[]) => (await lab(...sweep, ...more)).out.split('\n');
    const onPictures = await calibrated('--calibration-images', told);
    expect(onPictures[1]).toBe('calibrated on told.jsonl');
    const both = await calibrated(
      '--calibration-images',
      told,
      '--calibration',
      join(folder, 'eval.txt'),
      '--context',
      '24',
    );
    expect(both[1]).toBe('calibrated on eval.txt and told.jsonl');
    expect(both.find((line) => line.startsWith('gptq'))).not.toBe(onPictures.find((line) => line.startsWith('gptq')));
    writeFileSync(images, '{"image": "none.png", "caption": "x"}');
    const onTexts = ['sweep', '--text', join(folder, 'eval.txt'), '--recipes', 'gptq', '--bits', '3', '--group', '8'];
    for (const [args, message] of [
      [asked, /none.png cannot be read: there is no such file/],
      [[...asked, '--text', 'x'], /--text and --images are two evaluations/],
      [[...asked, '--protocol', 'gptq'], /--protocol is for texts/],
      [
        ['evaluate', '--model', model, '--text', 'x', '--other-pictures'],
        /--other-pictures is for pictures; add --images/,
      ],
      [[...onTexts, '--model', folder, '--calibration-images', told], /looks at no pictures/],
      [[...onTexts, '--model', model, '--calibration-images', images], /none.png cannot be read/],
    ] as const) {
      const ended = await lab(...args);
      expect([ended.code, ended.err.trim().split('\n').length]).toEqual([1, 1]);
      expect(ended.err).toMatch(message);
    }
  });

  /** ‖got − want‖/‖want‖ of the first rows. */
  function distance(file: string, golden: string, rows: number): number {
    const floats = (bytes: Buffer) =>
      new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const got = floats(readFileSync(file));
    const want = floats(readFileSync(join(goldenModel(golden), 'logits.f32')));
    expect(got.length).toBe(rows * 64);
    let [error, size] = [0, 0];
    got.forEach((v, i) => {
      error += (v - (want[i] as number)) ** 2;
      size += (want[i] as number) ** 2;
    });
    return Math.sqrt(error / size);
  }

  it('ends with another code and one line that says what is wrong', async () => {
    const model = ['--model', folder];
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['fly'], /there is no command "fly"/],
      [['evaluate', ...model], /--text FILE is missing/],
      [['inspect', '--model', join(folder, 'this-f32.gguf')], /this-f32.gguf is a GGUF file, which is not read/],
      [['inspect', '--model', join(folder, 'notes.md')], /notes.md is no file of a checkpoint/],
      [
        ['evaluate', '--model', join(folder, 'nowhere'), '--text', 'x'],
        /nowhere cannot be read: there is no such file/,
      ],
      [
        ['evaluate', ...model, '--text', join(folder, 'tiny.txt'), '--context', '24'],
        /tiny.txt: the text has only 20 characters/,
      ],
      [
        ['evaluate', ...model, '--text', join(folder, 'eval.txt'), '--context', '48'],
        /--context is "48"; expected .* from 2 to 32, the longest of this model/,
      ],
      [
        ['sweep', ...model, '--text', join(folder, 'eval.txt'), '--context', '24'],
        /gptq needs a calibration text.*--calibration FILE.*\(rtn/,
      ],
      [['logits', ...model, '--ids', '64', '--out', join(folder, 'x')], /64 is outside the model's vocabulary/],
    ];
    for (const [args, message] of cases) {
      const { code, out, err } = await lab(...args);
      expect(code, args.join(' ')).toBe(1);
      expect(err).toMatch(message);
      expect(err.trim().split('\n').length, err).toBe(1);
      expect(out).toBe('');
    }
  });
});
