/** A folder on disk as the files of a drop; for tests. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Checkpoint, SourceFile } from '../../src/formats/checkpoint';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { architectures } from '../../src/model/architectures';
import { Fields } from '../../src/model/fields';

const root = resolve(import.meta.dirname, '../..');

/** Shared real checkpoints lie beside the project on its authors' machines; null elsewhere. */
export function sharedModel(name: string): string | null {
  const folder = join(root, '../shared/data/models', name);
  return existsSync(folder) ? folder : null;
}

export const goldenModel = (name: string) => join(root, 'test/golden/models', name);

const fieldsOf = (name: string): Fields => {
  const text = readFileSync(join(goldenModel(name), 'config.json'), 'utf8').replaceAll('Infinity', '0');
  return new Fields(JSON.parse(text) as Readonly<Record<string, unknown>>);
};

/** Every folder of goldens. */
export const allGoldens: readonly string[] = readdirSync(goldenModel('.')).filter((name) =>
  existsSync(join(goldenModel(name), 'config.json')),
);

/** Those of architectures that the lab opens; golden.test.ts holds which are left. */
export const goldenNames: readonly string[] = allGoldens.filter((golden) => {
  const fields = fieldsOf(golden);
  const type = fields.text('model_type');
  return architectures.some(({ name, claims }) => (type === null ? claims?.(fields) : name === type));
});

export function openFolder(folder: string): Promise<Checkpoint> {
  const files: SourceFile[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(json|safetensors)$/.test(name))
    .map((name) => ({ path: name, blob: new Blob([readFileSync(join(folder, name))]) }));
  return openCheckpoint(files, { name: folder.split('/').pop() ?? folder });
}
