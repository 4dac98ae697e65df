/** A checkpoint by its path: a folder, or one file among others. With the toy reader of docs/adding-a-reader.md beside those of the lab. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModelPath } from '../../src/cli/files';
import { readerModules, readersOf } from '../../src/formats/readers';
import { failureOf, tinyConfig, tinyTokenizer } from '../formats/files';
import * as toy from '../formats/readers/toy';
import { goldenModel } from '../model/folder';

const huggingface = './readers/huggingface.ts';
const two = readersOf({ [huggingface]: readerModules[huggingface] as typeof toy, './readers/toy.ts': toy });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bitcurve-files-'));
  for (const name of ['config.json', 'model.safetensors'])
    copyFileSync(join(goldenModel('llama'), name), join(folder, name));
  const header = JSON.stringify({ config: tinyConfig, tokenizer: tinyTokenizer });
  for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.toy`), `${header}\n${name} 1 1\n`);
  writeFileSync(join(folder, 'notes.md'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a model that is given as one file', () => {
  it.each([
    ['a.toy', ['a'], 'a'],
    ['b.toy', ['b'], 'b'],
  ])('%s is opened, though a folder of another kind and another of its kind lie there', async (file, names, name) => {
    const opened = await openModelPath(join(folder, file), two);
    expect([[...opened.tensors.keys()], opened.name, opened.remarks]).toEqual([names, name, undefined]);
  });

  it.each(['model.safetensors', 'config.json', '.'])('%s stands for its folder', async (file) => {
    const opened = await openModelPath(join(folder, file), two);
    expect(folder.endsWith(opened.name)).toBe(true);
    expect(opened.tensors.has('model.embed_tokens.weight')).toBe(true);
  });

  it('is refused in the words of all readers where it is of no kind', async () => {
    const error = await failureOf(() => openModelPath(join(folder, 'notes.md'), two));
    expect(error.message).toBe(
      `${join(folder, 'notes.md')} is no file of a checkpoint. A checkpoint is a folder with config.json, tokenizer.json and ` +
        'model.safetensors (or its shards and index), or a .toy file: give its path as --model.',
    );
  });
});
