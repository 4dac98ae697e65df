/** The reader against files of the reference writer, the writer against the reader, and every defect by its error. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { openAsBlob } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/formats/safetensors';
import { writeSafetensors } from '../../src/formats/writeSafetensors';
import { failureOf, fileOf, rawSafetensors, tinyWeights } from './files';

const golden = join(import.meta.dirname, '../golden/safetensors');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const F32 = (shape: unknown, begin: unknown, end: unknown) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

describe('reading', () => {
  const file = fileOf('types.safetensors', new Uint8Array(readFileSync(join(golden, 'types.safetensors'))));
  const expected = JSON.parse(readFileSync(join(golden, 'types.json'), 'utf8')) as Record<
    string,
    { shape: number[]; sha256: string }
  >;

  it('gives the bytes that the reference writer wrote', async () => {
    const { tensors, unsupported } = await readSafetensors(file);
    expect(new Set([...tensors.map(({ name }) => name), ...unsupported.keys()])).toEqual(
      new Set(Object.keys(expected)),
    );
    for (const entry of tensors) {
      expect(entry.shape, entry.name).toEqual(expected[entry.name]?.shape);
      expect(sha256(await entry.read()), entry.name).toBe(expected[entry.name]?.sha256);
    }
    expect(tensors.length).toBe(8);
  });

  it('reads headers of any length', async () => {
    // Lengths whose first byte is a letter of some other format's beginning, "<" among them.
    for (let spaces = 0; spaces < 256; spaces++) {
      const file = fileOf('x', rawSafetensors('{}' + ' '.repeat(spaces), 0));
      expect((await readSafetensors(file)).tensors).toEqual([]);
    }
  });

  it('names the types that it does not decode', async () => {
    const { unsupported } = await readSafetensors(file);
    expect(Object.fromEntries(unsupported)).toEqual({ i64: 'I64', u8: 'U8', bool: 'BOOL', f8: 'F8_E4M3' });
  });

  it('reads rows', async () => {
    const entry = (await readSafetensors(file)).tensors.find(({ name }) => name === 'f32');
    const whole = await entry?.read();
    expect(await entry?.read(1, 3)).toEqual(whole?.slice(16, 48));
    expect((await entry?.read(2, 2))?.length).toBe(0);
    expect(() => entry?.read(2, 4)).toThrow('assertion failed');
  });

  it('touches no weights', async () => {
    const blob = tinyWeights();
    const reads: number[] = [];
    const slice = blob.slice.bind(blob);
    blob.slice = (begin, end) => {
      reads.push(end as number);
      return slice(begin, end);
    };
    await readSafetensors({ path: 'x', blob });
    const header = Number(new DataView(await slice(0, 8).arrayBuffer()).getBigUint64(0, true));
    expect(Math.max(...reads)).toBeLessThanOrEqual(8 + header);
  });

  it('says FetchError when the file vanishes or shrinks', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bitcurve-'));
    const path = join(folder, 'model.safetensors');
    await writeFile(path, new Uint8Array(await tinyWeights().arrayBuffer()));
    const { tensors } = await readSafetensors({ path: 'model.safetensors', blob: await openAsBlob(path) });
    await rm(folder, { recursive: true });
    const error = await failureOf(() => tensors[0]?.read());
    expect(error.name).toBe('FetchError');
    expect(error.message).toContain('model.safetensors');
  });
});

describe('writing', () => {
  it('is read back, whatever the names', async () => {
    const tensors = ['b', '1', 'toString', 'a "quoted" \n 名'].map((name, i) => ({
      name,
      type: 'BF16' as const,
      shape: [2, i],
      bytes: Uint8Array.from({ length: 4 * i }, (_, k) => 16 * i + k),
    }));
    const blob = writeSafetensors(tensors, { format: 'pt' });
    const read = (await readSafetensors({ path: 'x', blob })).tensors;
    expect(read.map(({ name }) => name).sort()).toEqual(tensors.map(({ name }) => name).sort());
    for (const { name, shape, bytes } of tensors) {
      const entry = read.find((candidate) => candidate.name === name);
      expect(entry?.shape).toEqual(shape);
      expect(await entry?.read()).toEqual(bytes);
    }
  });

  it('aligns the data and accepts scalars', async () => {
    const blob = writeSafetensors([{ name: 's', type: 'F32', shape: [], bytes: new Uint8Array(4) }]);
    expect(Number(new DataView(await blob.slice(0, 8).arrayBuffer()).getBigUint64(0, true)) % 8).toBe(0);
    expect((await (await readSafetensors({ path: 'x', blob })).tensors[0]?.read())?.length).toBe(4);
  });
});

describe('refusing', () => {
  const cases: readonly (readonly [string, Uint8Array<ArrayBuffer> | string, string, string])[] = [
    ['an empty file', '', 'empty-file', '0 bytes'],
    [
      'a Git-LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n',
      'git-lfs-pointer',
      'git lfs pull',
    ],
    ['a GGUF file', 'GGUF\u0003', 'unsupported-format', 'GGUF'],
    ['a zip archive', 'PK\u0003\u0004 archive', 'unsupported-format', 'save_pretrained'],
    ['a web page', '<!DOCTYPE html><title>404</title>', 'web-page', 'Download the file itself'],
    ['fewer than 8 bytes', '1234567', 'truncated', '7 bytes'],
    ['a header past the end', rawSafetensors('{}', 0, 400n), 'truncated', '400'],
    [
      'a text',
      'Once upon a time',
      'not-safetensors',
      'model.safetensors: this is not a safetensors file: its first 8 bytes',
    ],
    ['a header of absurd length', rawSafetensors('{}', 0, 2n ** 63n), 'not-safetensors', 'not a safetensors file'],
    ['a header that is no object', rawSafetensors('[]', 0), 'not-safetensors', '"{"'],
    ['a truncated header', rawSafetensors('{"a":{"dtype":"F3', 0), 'not-json', 'truncated'],
    ['invalid UTF-8', rawSafetensors('{"a":1}', 0).fill(0xff, 10, 11), 'not-utf8', 'byte 2'],
    ['a key twice', rawSafetensors('{"a":1,"\\u0061":2}', 0), 'duplicate-key', '"a"'],
    ['__proto__', rawSafetensors('{"__proto__":{}}', 0), 'forbidden-key', '__proto__'],
    ['deep nesting', rawSafetensors(`{"a":${'['.repeat(99)}${']'.repeat(99)}}`, 0), 'too-deep', '64'],
    ['an entry that is no object', rawSafetensors({ w: 3 }, 0), 'bad-tensor', '"w"'],
    ['no type', rawSafetensors({ w: { shape: [1], data_offsets: [0, 4] } }, 4), 'bad-tensor', 'dtype'],
    ['no shape', rawSafetensors({ w: F32('4', 0, 4) }, 4), 'bad-tensor', 'shape'],
    ['a fractional dimension', rawSafetensors({ w: F32([1.5], 0, 6) }, 6), 'bad-tensor', '1.5'],
    ['a negative dimension', rawSafetensors({ w: F32([-1, -1], 0, 4) }, 4), 'bad-tensor', '-1'],
    ['a huge dimension', rawSafetensors({ w: F32([2 ** 40], 0, 4) }, 4), 'bad-tensor', '1099511627776'],
    ['too many dimensions', rawSafetensors({ w: F32(Array(9).fill(1), 0, 4) }, 4), 'bad-tensor', '9 dimensions'],
    ['dimensions that overflow', rawSafetensors({ w: F32(Array(8).fill(2 ** 32), 0, 4) }, 4), 'size-mismatch', '"w"'],
    ['offsets past the end', rawSafetensors({ w: F32([2], 0, 8) }, 4), 'truncated', '"w"'],
    ['offsets reversed', rawSafetensors({ w: F32([1], 4, 0) }, 4), 'bad-tensor', 'begin ≤ end'],
    ['offsets negative', rawSafetensors({ w: F32([1], -4, 0) }, 4), 'bad-tensor', '-4'],
    [
      'one offset',
      rawSafetensors('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4),
      'bad-tensor',
      'data_offsets',
    ],
    ['shape and bytes disagree', rawSafetensors({ w: F32([3], 0, 8) }, 8), 'size-mismatch', '[3]'],
    [
      'a hole between tensors',
      rawSafetensors({ v: F32([1], 0, 4), w: F32([1], 8, 12) }, 12),
      'gap',
      'bytes 4 to 8 before tensor "w"',
    ],
    ['data that do not begin at 0', rawSafetensors({ w: F32([1], 4, 8) }, 8), 'gap', 'bytes 0 to 4'],
    ['bytes after the last tensor', rawSafetensors({ w: F32([1], 0, 4) }, 6), 'trailing-bytes', '2 bytes after'],
    ['bytes and no tensor', rawSafetensors('{}', 4), 'trailing-bytes', '4 bytes after'],
    [
      'an empty tensor off its place',
      rawSafetensors({ v: F32([1], 0, 4), w: F32([0], 2, 2) }, 4),
      'overlap',
      '"v" and "w"',
    ],
    [
      'a type that is none',
      rawSafetensors({ w: { dtype: 'nonsense', shape: [1], data_offsets: [0, 4] } }, 4),
      'bad-tensor',
      '"nonsense"',
    ],
    [
      'a type named like a method',
      rawSafetensors({ w: { dtype: 'constructor', shape: [1], data_offsets: [0, 4] } }, 4),
      'bad-tensor',
      '"constructor"',
    ],
    [
      'a type that is not decoded, of another size',
      rawSafetensors({ w: { dtype: 'I64', shape: [100], data_offsets: [0, 4] } }, 4),
      'size-mismatch',
      'takes 800 bytes',
    ],
    ['metadata that are no object', rawSafetensors({ __metadata__: 5 }, 0), 'bad-metadata', 'holds 5'],
    ['metadata with numbers', rawSafetensors({ __metadata__: { a: 'b', n: 1 } }, 0), 'bad-metadata', 'holds 1'],
    ['overlap', rawSafetensors({ v: F32([2], 0, 8), w: F32([2], 4, 12) }, 12), 'overlap', '"v" and "w"'],
  ];
  it.each(cases)('%s', async (_, content, code, words) => {
    const error = await failureOf(() => readSafetensors(fileOf('model.safetensors', content)));
    expect(error).toMatchObject({ name: 'FormatError', code });
    expect(error.message).toContain('model.safetensors');
    expect(error.message).toContain(words);
  });

  it('a header that the file could hold and the limit does not allow, with its length', async () => {
    const start = new Blob([rawSafetensors('{}', 100, 200_000_000n)]);
    // Stands for a file of a terabyte.
    const blob = { size: 2 ** 40, slice: (begin, end) => start.slice(begin, end) } as Blob;
    const error = await failureOf(() => readSafetensors({ path: 'm', blob }));
    expect(error).toMatchObject({ code: 'header-too-large' });
    expect(error.message).toContain('a header of 200000000 bytes, and at most 32000000');
  });

  it('a crowd of names, before it is parsed', async () => {
    const many = `{${Array.from({ length: 300_000 }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`;
    const keys = `{"w":{${Array.from({ length: 1_300_000 }, (_, i) => `"${i}":0`).join()}}}`;
    for (const header of [many, keys]) {
      const error = await failureOf(() => readSafetensors(fileOf('m', rawSafetensors(header, 0))));
      expect(error).toMatchObject({ code: 'too-many-tensors' });
      expect(error.message).toContain('enough for 200000 tensors');
    }
  });

  it('every truncation of a good file', async () => {
    const whole = new Uint8Array(await tinyWeights().arrayBuffer());
    for (let length = 0; length < whole.length; length++) {
      const error = await failureOf(() => readSafetensors(fileOf('m', whole.slice(0, length))));
      expect(error.name, `${length} bytes`).toBe('FormatError');
    }
  });
});
