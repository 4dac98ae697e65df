/** The bundled models: what the manifest says is in its folder, and what choosing a structure opens. */
import { openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { demoOf, firstDemo, levelsOf, type Demos } from '../../src/store/demos';

const folder = resolve(import.meta.dirname, '../../public/demo');
const demos = JSON.parse(readFileSync(resolve(folder, 'manifest.json'), 'utf8')) as Demos;
/** Bytes that all bundled models may take together. */
const room = 12_000_000;

describe('the manifest of the bundled models', () => {
  it('names every folder, and gives every structure at least one model', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(demos.models.map(({ id }) => id).sort()).toEqual(folders.map(({ name }) => name).sort());
    const used = new Set(demos.models.map(({ structure }) => structure));
    expect(demos.structures.map(({ id }) => id)).toEqual([...used]);
    expect(demos.structures[0]?.id).toBe('llama');
  });

  it.each(demos.models)('tells the size and the fingerprint of $id as its files have them', async (model) => {
    const files = await Promise.all(
      model.files.map(async (path) => ({ path, blob: await openAsBlob(resolve(folder, path)) })),
    );
    expect(files.reduce((sum, { blob }) => sum + blob.size, 0)).toBe(model.bytes);
    expect(readdirSync(resolve(folder, model.id)).map((name) => `${model.id}/${name}`)).toEqual([...model.files]);
    const checkpoint = await openCheckpoint(files);
    expect(await checkpoint.fingerprint()).toBe(model.fingerprint);
  });

  it('stays within the room that there is', () => {
    expect(demos.models.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(room);
  });
});

describe('choosing among the bundled models', () => {
  const model = (structure: string, share: number) => ({
    ...{ id: `${structure}-${share}`, structure, share, label: '', tokensSeen: 1, parameters: 1 },
    ...{ note: '', fingerprint: '', bytes: 1, files: [] },
  });
  const structure = (id: string) => ({ id, label: id, text: '' });
  const three: Demos = {
    structures: [structure('dense'), structure('experts')],
    // However much the others read.
    models: [{ ...model('experts', 100), tokensSeen: 9 }, model('dense', 7), model('dense', 100), model('experts', 7)],
  };

  it('begins with the first structure, fully trained', () => {
    expect(firstDemo(three)?.id).toBe('dense-100');
    expect(firstDemo({ structures: [], models: [] })).toBeUndefined();
  });

  it('lists levels from the longest training down', () => {
    expect(levelsOf(three, 'dense').map(({ share }) => share)).toEqual([100, 7]);
    expect(levelsOf(three, undefined)).toEqual([]);
  });

  it('keeps the level where another structure has it, and takes the longest training otherwise', () => {
    expect(demoOf(three, 'experts', three.models[1])?.id).toBe('experts-7');
    expect(demoOf(three, 'experts', model('dense', 30))?.id).toBe('experts-100');
    expect(demoOf(three, 'experts', undefined)?.id).toBe('experts-100');
  });
});
