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
    [
      'JSON lines named .json, as C4 has them',
      'c4-train.00000-of-01024.json',
      `{"text":"${long}"}\n{"text":"b"}`,
      `${long}\n\nb`,
    ],
    ['a JSON list', 'x.json', ` [{"text":"${long}"},\n {"content":"b"}]\n`, `${long}\n\nb`],
    ['a JSON list named .jsonl', 'x.jsonl', `[{"text":"${long}"}]`, long],
    ['braces and brackets at the beginning of prose', 'x.txt', `[1] {x} ${long}`, `[1] {x} ${long}`],
    ['a program that begins with a list', 'x.txt', `[1, 2]\n${long}`, `[1, 2]\n${long}`],
    ['a tag at the beginning of prose', 'x.txt', `<htmlish> ${long}`, `<htmlish> ${long}`],
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
    ['a line that is no object', 'x.jsonl', `{"text":"b"}\n["${long}"]`, 'bad-line', 'a list of 1'],
    ['a list of texts', 'x.json', `["${long}"]`, 'bad-item', 'item 1: found "A sentence'],
    ['a list of which one holds no text', 'x.json', `[{"text":"${long}"},{"prompt":"b"}]`, 'bad-item', 'item 2'],
    ['a configuration', 'config.json', `{\n "hidden_size": 64,\n "prompt": "${long}"\n}`, 'bad-line', 'line 1'],
    ['half of a surrogate pair', 'x.jsonl', `{"text":"a"}\n{"text":"${long}\\ud800"}`, 'bad-line', 'line 2'],
    ['JSON lines named .txt', 'c4.txt', `{"text":"${long}","url":"u"}\n{"text":"b","url":"u"}`, 'records', '.jsonl'],
    ['a JSON list named .txt', 'c4.txt', ` [{"text":"${long}"}]`, 'records', '.jsonl'],
    ['a Parquet table', 'x.txt', `PAR1${long}`, 'not-text', 'Parquet'],
    ['an Arrow table', 'x.jsonl', `ARROW1${long}`, 'not-text', 'Arrow'],
    ['a gzip file', 'x.txt', new Uint8Array(64).fill(0x1f, 0, 1).fill(0x8b, 1, 2), 'not-text', 'gzip'],
    ['a zip archive', 'x.txt', `PK\u0003\u0004${long}`, 'not-text', 'zip'],
    ['a PDF document', 'x.txt', `%PDF-1.7 ${long}`, 'not-text', 'PDF'],
    ['a web page', 'x.txt', `\n<!DOCTYPE html>\n<p>${long}`, 'not-text', 'web page'],
    ['a table', 'x.csv', `text,label\n"${long}",1`, 'not-text', 'a table'],
    ['a line without text', 'x.jsonl', `{"prompt":"${long}","text":3}`, 'bad-line', 'prompt, text'],
    ['a line with the field inherited', 'x.jsonl', `{"__proto__":{"text":"${long}"}}`, 'bad-line', '__proto__'],
  ])('%s', async (_, path, content, code, words) => {
    const error = await failureOf(() => readText(fileOf(path, content)));
    expect(error).toMatchObject({ name: 'FormatError', code });
    expect(error.message).toContain(path);
    expect(error.message).toContain(words);
  });

  it('the first bad byte, wherever it is', async () => {
    const good = new TextEncoder().encode('aé€🔥'.repeat(10));
    const bad: readonly (readonly [readonly number[], number])[] = [
      [[0x80], 0],
      [[0xc0, 0xaf], 0],
      [[0xc3, 0x28], 1],
      [[0xe0, 0x80, 0x80], 1],
      [[0xed, 0xa0, 0x80], 1],
      [[0xf0, 0x80, 0x80, 0x80], 1],
      [[0xf4, 0x90, 0x80, 0x80], 1],
      [[0xf0, 0x9f, 0x94, 0x41], 3],
      [[0xff], 0],
    ];
    for (const [bytes, offset] of bad) {
      const content = new Uint8Array([...good, ...bytes, 0x61, 0x61]);
      const error = await failureOf(() => readText(fileOf('x.txt', content)));
      expect(error.details, bytes.join()).toMatchObject({ byte: good.length + offset });
    }
    const cut = await failureOf(() => readText(fileOf('x.txt', good.slice(0, -1))));
    expect(cut.details).toMatchObject({ byte: good.length - 1 });
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
