/**
 * Follows docs/adding-a-target.md to the letter: the two files of toy/ are those that the page prints. The law: what they write, read by the
 * reader of the same format, is Ŵ bit for bit.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/formats/checkpoint';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { readersOf } from '../../src/formats/readers';
import { toFloats } from '../../src/formats/toFloats';
import type { Gpu } from '../../src/gpu/gpu';
import { restoreSite, roundSite } from '../../src/lab/siteProblem';
import { openModel } from '../../src/model/openModel';
import { siteId } from '../../src/model/siteId';
import { recipeAt, type Assignment } from '../../src/quant/recipe/assignment';
import type { OutFile, SolvedModel, SolvedRows } from '../../src/targets/target';
import { readMatrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { reader as toyReader } from '../formats/readers/toy';
import { fileOf, tinyTokenizer } from '../formats/files';
import { testGpu } from '../gpu';
import { goldenModel, openFolder } from '../model/folder';
import { point, recipeFor } from '../lab/tiny';
import { toy } from './toy/toy';
import { toy as toyMeta } from './toy/toy.meta';

/** A model with every site of its blocks rounded by what is assigned to it. */
async function solve(gpu: Gpu, checkpoint: Checkpoint, assignment: Assignment): Promise<SolvedModel> {
  const model = await openModel(gpu, checkpoint);
  const rows = new Map<string, SolvedRows>();
  const rng = createRng(0);
  const cx = { gpu, signal: new AbortController().signal, rng, shared: rng, emit: () => undefined };
  for (let index = 0; index < model.blockCount; index++) {
    using scope = gpu.scope('block');
    const block = await model.openBlock(scope, index);
    for (const site of block.sites) {
      const id = siteId(index, site.name);
      const recipe = recipeAt(assignment, id);
      if (!recipe) continue;
      const { parts } = await roundSite(block, site, recipe, null, cx);
      let begin = 0;
      for (const [i, layer] of site.layers.entries()) {
        const values = async () => {
          using local = gpu.scope('values');
          const restored = await restoreSite(gpu, local, site, parts, recipe);
          return await readMatrix(gpu, present(restored.get(layer.name), layer.name));
        };
        const entry = present(model.stored.get(id)?.[i], id);
        rows.set(entry.name, { site: id, recipe, parts, begin, end: begin + layer.rows, values });
        begin += layer.rows;
      }
    }
  }
  return {
    card: model.card,
    config: checkpoint.config,
    assignment,
    tensors: [...checkpoint.tensors.values()].map((entry) => ({ entry, solved: rows.get(entry.name) ?? null })),
    files: [fileOf('tokenizer.json', tinyTokenizer)],
  };
}

async function written({ path, chunks }: OutFile) {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return fileOf(path, new Blob(parts));
}

describe('the page on adding a target', () => {
  it('prints the target that is tested here', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/adding-a-target.md'), 'utf8');
    const printed = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
    const tested = ['toy.meta.ts', 'toy.ts'].map((name) =>
      readFileSync(join(import.meta.dirname, 'toy', name), 'utf8')
        .replaceAll("'../../../src/targets/", "'./")
        .replaceAll("'../../../src/", "'../"),
    );
    expect(printed).toEqual(tested);
  });

  it('writes what its reader reads: Ŵ bit for bit where sites were solved, and all else as it was stored', async () => {
    const gpu = await testGpu();
    const checkpoint = await openFolder(goldenModel('llama'));
    const all = recipeFor(point('rtn', 3));
    const model = await solve(gpu, checkpoint, { all, except: [{ where: 'decoder.0.mlp.down', recipe: null }] });
    const files = [];
    for await (const file of toy(model)) files.push(await written(file));
    const opened = await openCheckpoint(files, {}, readersOf({ './readers/toy.ts': { reader: toyReader } }));
    expect([...opened.tensors.keys()]).toEqual([...checkpoint.tensors.keys()]);
    let solved = 0;
    for (const { entry, solved: rows } of model.tensors) {
      const read = toFloats(await present(opened.tensors.get(entry.name), entry.name).read(), 'F32');
      const stored = toFloats(await entry.read(), entry.type);
      expect(read, entry.name).toEqual(rows ? await rows.values() : stored);
      if (!rows) continue;
      solved++;
      expect(read, entry.name).not.toEqual(stored);
      expect(rows.end - rows.begin).toBe(entry.shape[0]);
    }
    // Seven layers a block in two blocks; one was left as stored.
    expect(solved).toBe(2 * 7 - 1);
    expect(toyMeta.refuses(model.assignment, model.card)).toBeNull();
    expect(toyMeta.refuses(model.assignment, { ...model.card, parameters: 2e6 })).toMatch(/not read$/);
  });
});
