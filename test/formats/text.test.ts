/** Texts as people have them, and fingerprints of texts. */
import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprintText } from '../../src/formats/fingerprint';
import { readText } from '../../src/formats/text';
import { failureOf, fileOf } from './files';

const long = 'A sentence that is long enough to be a text, twice over.';

describe('reading', () => {
  it.each<[string, string, string | Uint8Array<ArrayBuffer>, string]>([
    ['plain text as it stands', 'a/story.txt', ` ${long}\r\n\t${long}\n`, ` ${long}\r\n\t${long}\n`],
    ['any other name as plain text', 'wiki.test.raw', long, long],
    ['a byte order mark as nothing', 'x.txt', `\uFEFF${long}`, long],
    [
      'JSON lines as documents',
      'x.jsonl',
      `{"text":"${long}","id":1}\n\n{"id":2,"text":"b\\nc"}\r\n`,
      `${long}\n\nb\nc`,
    ],
    ['words that files of other kinds begin with', 'x.txt', `GGUF <html> ${long}`, `GGUF <html> ${long}`],
    ['other fields', 'x.ndjson', `{"story":"${long}"}\n{"content":"b","title":"c"}`, `${long}\n\nb`],
  ])('%s', async (_, path, content, text) => {
    expect(await readText(fileOf(path, content))).toEqual({ label: path.split('/').at(-1), text });
  });
});

describe('refusing', () => {
  it.each<[string, string, string | Uint8Array<ArrayBuffer>, string, string]>([
    ['0 bytes', 'x.txt', '', 'empty-text', 'empty'],
    ['spaces alone', 'x.txt', ' \n\t '.repeat(20), 'empty-text', 'empty'],
    ['a tiny text', 'x.txt', 'Too short.', 'tiny-text', '10 characters'],
    ['no lines', 'x.jsonl', '\n'.repeat(40), 'empty-text', 'empty'],
    ['a Git-LFS pointer', 'x.txt', 'version https://git-lfs.github.com/spec/v1\n', 'git-lfs-pointer', 'git lfs pull'],
    ['Latin-1', 'x.txt', new Uint8Array(64).fill(0x61).fill(0xe9, 40), 'not-utf8', 'byte 41'],
    ['UTF-16', 'x.txt', new Uint8Array(64).map((__, i) => (i % 2 ? 0 : 0x61)), 'not-text', 'UTF-16'],
    ['a line that is no JSON', 'x.jsonl', `{"text":"${long}"}\n{"text":`, 'bad-line', 'line 2'],
    ['a line that is no object', 'x.jsonl', `["${long}"]`, 'bad-line', 'a list of 1'],
    ['a line without text', 'x.jsonl', `{"prompt":"${long}","text":3}`, 'bad-line', 'prompt, text'],
    ['a line with the field inherited', 'x.jsonl', `{"__proto__":{"text":"${long}"}}`, 'bad-line', '__proto__'],
  ])('%s', async (_, path, content, code, words) => {
    const error = await failureOf(() => readText(fileOf(path, content)));
    expect(error).toMatchObject({ name: 'FormatError', code });
    expect(error.message).toContain(path);
    expect(error.message).toContain(words);
  });

  it('a text past the limit, without reading it', async () => {
    const blob = { size: 2 ** 40, slice: () => expect.unreachable('it was read') } as unknown as Blob;
    const error = await failureOf(() => readText({ path: 'x.txt', blob }));
    expect(error).toMatchObject({ code: 'too-large', details: { limit: 64_000_000 } });
  });
});

describe('fingerprints', () => {
  it('are the first 16 digits of SHA-256', async () => {
    // printf 'abc' | sha256sum
    expect(await fingerprintText('abc')).toBe('ba7816bf8f01cfea');
  });
  it('do not see the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'é' }], a: 1.5 })).toBe('{"a":1.5,"b":[1,{"c":"é","d":null}]}');
    expect(canonicalJson({ b: 1, a: 2 })).toBe(canonicalJson({ a: 2, b: 1 }));
  });
});
