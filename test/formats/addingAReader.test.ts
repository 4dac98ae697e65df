/**
 * Follows docs/adding-a-reader.md to the letter: readers/toy.ts beside this file is the one that the page prints, it is found as the readers
 * of the lab are, and nothing else is told of it.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Checkpoint, SourceFile } from '../../src/formats/checkpoint';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import type { Reader, Standing } from '../../src/formats/reader';
import { type ReaderModules, readerModules, readers, readersOf } from '../../src/formats/readers';
import { modelLogits } from '../../src/model/modelLogits';
import { openModel } from '../../src/model/openModel';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { goldenModel, openFolder } from '../model/folder';
import { failureOf, fileOf, tinyCheckpoint, tinyConfig, tinyTokenizer } from './files';

const huggingface = './readers/huggingface.ts';
const toys = import.meta.glob<{ readonly reader: Reader }>('./readers/*.ts', { eager: true });
/** Two readers, whichever others the lab has: what they say together is told here to the letter. */
const two = readersOf({ [huggingface]: present(readerModules[huggingface], huggingface), ...toys });
const open = (files: readonly SourceFile[], among = two) => openCheckpoint(files, {}, among);

async function toyOf({ config, tensors }: Checkpoint): Promise<string> {
  const lines = [...tensors.values()].map(async (entry) => {
    const floats = new Float32Array((await entry.read()).buffer);
    return [entry.name, entry.shape.join('x'), ...floats].join(' ');
  });
  return [JSON.stringify({ config, tokenizer: tinyTokenizer }), ...(await Promise.all(lines))].join('\n');
}
const tiny = `${JSON.stringify({ config: tinyConfig, tokenizer: tinyTokenizer })}\nw 2x1 0.5 -3\n`;

describe('the page on adding a reader', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/adding-a-reader.md'), 'utf8');

  it('prints the reader that is tested here', () => {
    const [, printed] = present(/^```ts\n(.*?)^```$/ms.exec(page), 'the reader on the page');
    const tested = readFileSync(join(import.meta.dirname, 'readers/toy.ts'), 'utf8')
      .replaceAll("'../../../src/formats/", "'../")
      .replaceAll("'../../../src/", "'../../");
    expect(printed).toBe(tested);
  });

  it('is one file: the reader is found, and opens a model whose logits are those of its safetensors', async () => {
    const withToy = readersOf({ ...readerModules, ...toys });
    expect(new Set(withToy.map(({ name }) => name))).toEqual(new Set([...readers.map(({ name }) => name), 'toy']));
    const original = await openFolder(goldenModel('llama'));
    const opened = await open([fileOf('m/llama.toy', await toyOf(original))], withToy);
    expect(opened.name).toBe('llama');
    expect((await opened.tokenizer()).vocabularySize).toBe(4);
    expect([...opened.tensors.keys()]).toEqual([...original.tensors.keys()]);
    expect(await opened.fingerprint()).toBe(await original.fingerprint());
    const gpu = await testGpu();
    const ids = Uint32Array.from([1, 7, 19, 3, 42]);
    const [expected, found] = [
      await modelLogits(gpu, await openModel(gpu, original), ids),
      await modelLogits(gpu, await openModel(gpu, opened), ids),
    ];
    expect(expected.length).toBe(5 * 64);
    expect(found).toEqual(expected);
  });
});

describe('a reader that was added', () => {
  it('is told by the error on files of no kind', async () => {
    const error = await failureOf(() => open([fileOf('README.md', '')]));
    expect(error.message).toBe(
      'config.json or a .toy file is missing; found README.md. A checkpoint is a folder with config.json, tokenizer.json and ' +
        'model.safetensors (or its shards and index), or a .toy file: drop the whole folder, or all these files together.',
    );
    expect((await failureOf(() => open([]))).message).toMatch(/^no files were given\..* or a \.toy file\.$/);
    expect((await failureOf(() => open([fileOf('x.gguf', 'GGUF')]))).message).toMatch(
      /not read\..* or a \.toy file\.$/,
    );
    const hidden = await failureOf(() => open([fileOf('README.md', ''), fileOf('.cache/x.toy', tiny)]));
    expect([hidden.code, hidden.details.file]).toEqual(['hidden-folder', '.cache/x.toy']);
  });

  it('does not come before what models are published as, and that is said', async () => {
    const opened = await open([...tinyCheckpoint(), fileOf('x.toy', tiny)]);
    expect([...opened.tensors.keys()]).toEqual(['model.norm.weight', 'lm_head.weight']);
    expect(opened.remarks).toEqual([
      'x.toy is a toy file and is not opened: a Hugging Face folder (config.json) goes before it; open it alone for its own numbers',
    ]);
  });

  it('opens what is whole beside what is not, and is not opened for what is broken', async () => {
    const beside = [fileOf('config.json', tinyConfig), fileOf('tokenizer.json', tinyTokenizer), fileOf('x.toy', tiny)];
    const opened = await open(beside);
    expect([[...opened.tensors.keys()], opened.remarks]).toEqual([['w'], undefined]);
    const broken = tinyCheckpoint({ 'model.safetensors': 'no weights' });
    expect((await failureOf(() => open([...broken, fileOf('x.toy', tiny)]))).code).toBe('not-safetensors');
  });

  it.each([
    ['two of its kind', [fileOf('a.toy', tiny), fileOf('b.toy', tiny)], 'several-checkpoints'],
    ['no file at all', [fileOf('a.toy', '')], 'empty-file'],
    ['a name twice', [fileOf('a.toy', `${tiny}w 2x1 1 2`)], 'duplicate-tensor'],
    ['too few values', [fileOf('a.toy', `${tiny}v 2x2 1 2`)], 'bad-toy'],
    ['no config', [fileOf('a.toy', '{}')], 'bad-toy'],
  ])('refuses %s in its own words', async (_, files, code) => {
    expect((await failureOf(() => open(files))).code).toBe(code);
  });

  it('gives any rows of a tensor, and refuses its tokenizer when that is asked for', async () => {
    const opened = await open([fileOf('a.toy', tiny.replace('"BPE"', '"other"'))]);
    expect(new Float32Array(present(await opened.tensors.get('w')?.read(1, 2), 'a row').buffer)).toEqual(
      Float32Array.of(-3),
    );
    expect((await failureOf(() => opened.tokenizer())).name).toBe('FormatError');
  });
});

describe('two readers', () => {
  const made = (name: string, standing: Standing): ReaderModules => ({
    [`./readers/${name}.ts`]: {
      reader: {
        name,
        standing,
        label: `a ${name} file`,
        knownBy: `a .${name} file`,
        form: `a .${name} file`,
        match: (paths) => (paths.includes('x.made') ? { found: 'whole', by: 'x.made' } : null),
        open: () => Promise.resolve({ ...opened, name }),
      },
    },
  });
  const opened: Checkpoint = {
    name: '',
    config: {},
    tensors: new Map(),
    unsupported: new Map(),
    tokenizer: () => Promise.reject(new Error('not asked for')),
    fingerprint: () => Promise.resolve(''),
  };
  const files = [fileOf('x.made', '')];

  it('of one standing are refused by both their names, whatever the order of their files', async () => {
    for (const modules of [
      { ...made('one', 'converted'), ...made('two', 'converted') },
      { ...made('two', 'converted'), ...made('one', 'converted') },
    ]) {
      const error = await failureOf(() => open(files, readersOf(modules)));
      expect(error.code).toBe('several-checkpoints');
      expect(error.message).toContain('a one file (x.made), a two file (x.made)');
      expect(error.details).toEqual({ found: 2, readers: 'one, two' });
    }
  });

  it('of two standings: the better opens', async () => {
    const among = readersOf({ ...made('a', 'converted'), ...made('b', 'superseded'), ...made('c', 'published') });
    expect(among.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    const { name, remarks } = await open(files, among);
    expect([name, remarks?.length]).toEqual(['c', 2]);
  });

  it('are named as their files', () => {
    expect(() =>
      readersOf({ './readers/other.ts': present(made('one', 'converted')['./readers/one.ts'], 'it') }),
    ).toThrow('a reader is named as its file');
    const found = readdirSync(resolve(import.meta.dirname, '../../src/formats/readers'));
    expect(readers.map(({ name }) => `${name}.ts`).toSorted()).toEqual(found.toSorted());
  });
});
