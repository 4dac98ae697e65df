/**
 * The weights of a folder: model.safetensors, or shards named by model.safetensors.index.json, or shards without an index whose names say
 * how many there are. The headers are the truth; an index that contradicts them is refused.
 */
import { FormatError } from '../util/errors';
import type { SourceFile, StoredTensor } from './checkpoint';
import { type Folder, listed, otherFormatFound } from './folder';
import { MAX_INDEX_BYTES, MAX_SHARDS } from './limits';
import { readSafetensors, type ShardTensors } from './safetensors';
import { readWhole } from './sourceFile';
import { describe, isObject, parseJsonObject } from './strictJson';

const SINGLE = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
const SHARD = /^(.+)-(\d{5,})-of-(\d{5,})\.safetensors$/;

/** Tensors of all weight files of the folder. A single model.safetensors goes before shards, as in transformers. */
export async function readShards(folder: Folder): Promise<ShardTensors> {
  const single = folder.get(SINGLE);
  if (single) return readSafetensors(single);
  const index = folder.get(INDEX);
  if (index) return readIndexed(folder, index);
  const names = [...folder.files.keys()].filter((name) => name.endsWith('.safetensors'));
  const only = names.length === 1 ? folder.get(names[0] as string) : undefined;
  if (only && !SHARD.test(names[0] as string)) return readSafetensors(only);
  return readFiles(folder, shardsByName(folder, names), null);
}

/** All N shards of the one set that the names form. */
function shardsByName(folder: Folder, names: readonly string[]): readonly string[] {
  const [set, ...others] = new Set(names.map(setOf).filter((found) => found !== ''));
  if (set === undefined || others.length > 0) {
    const other = names.length === 0 ? otherFormatFound([...folder.files.keys()]) : '';
    throw names.length === 0
      ? folder.missing(
          SINGLE,
          other || 'Weights are read from model.safetensors, or from shards with model.safetensors.index.json.',
        )
      : folder.missing(INDEX, `Several weight files are there, and nothing says which belong together.`);
  }
  const [stem, count] = set.split('|') as [string, string];
  if (Number(count) > MAX_SHARDS) {
    throw new FormatError('too-many-shards', `${set}: ${count} shards; at most ${MAX_SHARDS} are read.`, {
      file: stem,
    });
  }
  return Array.from({ length: Number(count) }, (_, i) => {
    return `${stem}-${String(i + 1).padStart(count.length, '0')}-of-${count}.safetensors`;
  });
}

function setOf(name: string): string {
  const match = SHARD.exec(name);
  return match ? `${match[1]}|${match[3]}` : '';
}

async function readIndexed(folder: Folder, index: SourceFile): Promise<ShardTensors> {
  const bytes = await readWhole(index, MAX_INDEX_BYTES, 'an index of shards');
  const { weight_map: map } = parseJsonObject(bytes, index.path, 'names');
  if (!isObject(map)) {
    throw new FormatError(
      'bad-index',
      `${index.path}: weight_map is ${describe(map)}, not an object of tensor → file.`,
      {
        file: index.path,
      },
    );
  }
  const homes = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !isInside(file)) {
      throw new FormatError(
        'bad-index',
        `${index.path}: the tensor "${tensor.slice(0, 200)}" lies in ${describe(file)}, which is no path of a file inside the folder.`,
        { file: index.path, tensor: tensor.slice(0, 200) },
      );
    }
    homes.set(tensor, file);
  }
  const shards = [...new Set(homes.values())].sort();
  if (shards.length === 0 || shards.length > MAX_SHARDS) {
    throw new FormatError(
      'bad-index',
      `${index.path}: it names ${shards.length} shards; 1 to ${MAX_SHARDS} are read. Download it again.`,
      { file: index.path, found: shards.length },
    );
  }
  return readFiles(folder, shards, { path: index.path, homes });
}

/** A path that stays in the folder: transformers follows those into folders inside. */
function isInside(path: string): boolean {
  return !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

interface Index {
  readonly path: string;
  /** Tensor → file. */
  readonly homes: ReadonlyMap<string, string>;
}

async function readFiles(folder: Folder, shards: readonly string[], index: Index | null): Promise<ShardTensors> {
  const missing = shards.filter((name) => !folder.get(name));
  if (missing.length > 0) {
    throw new FormatError(
      'missing-shards',
      `${missing.length} of ${shards.length} weight files are missing: ${listed(missing)}. Add them to the folder.`,
      { file: missing[0] as string, missing: missing.length, expected: shards.length },
    );
  }
  const tensors = new Map<string, StoredTensor>();
  const unsupported = new Map<string, string>();
  // Tensor → the shard it was taken from.
  const taken = new Map<string, string>();
  // Tensor → any shard that holds it.
  const seen = new Map<string, string>();
  for (const shard of shards) {
    const file = folder.get(shard) as SourceFile;
    const found = await readSafetensors(file);
    const take = (name: string): boolean => {
      seen.set(name, shard);
      const home = index?.homes.get(name);
      if (home !== undefined && home !== shard) return false;
      const other = taken.get(name);
      if (other !== undefined) {
        throw new FormatError(
          'duplicate-tensor',
          `the tensor "${name.slice(0, 200)}" is in ${other} and in ${shard}, and no index says which counts. Remove the file that does not belong.`,
          { file: shard, tensor: name.slice(0, 200) },
        );
      }
      taken.set(name, shard);
      return true;
    };
    for (const entry of found.tensors) if (take(entry.name)) tensors.set(entry.name, entry);
    for (const [name, type] of found.unsupported) if (take(name)) unsupported.set(name, type);
  }
  // A name that no file holds is of no consequence unless the model needs it, and then it is missed by name.
  for (const [tensor, home] of index?.homes ?? []) {
    const other = taken.has(tensor) ? undefined : seen.get(tensor);
    if (other !== undefined) {
      throw new FormatError(
        'index-contradicts',
        `${index?.path}: the tensor "${tensor.slice(0, 200)}" should be in ${home}, but it is in ${other}. ` +
          'Index and shards belong to different versions: download both again.',
        { file: home, tensor: tensor.slice(0, 200) },
      );
    }
  }
  return { tensors: [...tensors.values()], unsupported };
}
