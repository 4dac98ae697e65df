/** A folder on disk as the files of a drop; for tests. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Checkpoint, SourceFile } from '../../src/formats/checkpoint';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { architectures } from '../../src/model/architectures';

const root = resolve(import.meta.dirname, '../..');

/** Shared real checkpoints lie beside the project on its authors' machines; null elsewhere. */
export function sharedModel(name: string): string | null {
  const folder = join(root, '../shared/data/models', name);
  return existsSync(folder) ? folder : null;
}

export const goldenModel = (name: string) => join(root, 'test/golden/models', name);

const config = (name: string): { readonly model_type?: string } =>
  JSON.parse(readFileSync(join(goldenModel(name), 'config.json'), 'utf8').replaceAll('Infinity', '0')) as object;

/** Every folder of goldens. */
export const allGoldens: readonly string[] = readdirSync(goldenModel('.')).filter((name) =>
  existsSync(join(goldenModel(name), 'config.json')),
);

/** Those of architectures that the lab opens; golden.test.ts holds which are left. */
export const goldenNames: readonly string[] = allGoldens.filter((name) =>
  architectures.some((architecture) => architecture.name === config(name).model_type),
);

export function openFolder(folder: string): Promise<Checkpoint> {
  const files: SourceFile[] = readdirSync(folder)
    .filter((name) => /\.(json|safetensors)$/.test(name))
    .map((name) => ({ path: name, blob: new Blob([readFileSync(join(folder, name))]) }));
  return openCheckpoint(files, { name: folder.split('/').pop() ?? folder });
}
