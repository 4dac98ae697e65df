/**
 * A Hugging Face folder as a checkpoint: config.json, tokenizer.json (+ tokenizer_config.json), and weights as one safetensors file or as
 * shards. Reads the config and the headers of the weights, nothing else; tokenizer and fingerprint are made when asked for.
 */
import { FormatError } from '../util/errors';
import type { Checkpoint, SourceFile, TensorEntry, Tokenizer } from './checkpoint';
import { fingerprintCheckpoint } from './fingerprint';
import { findFolder, type Folder } from './folder';
import { MAX_CONFIG_BYTES, MAX_TOKENIZER_BYTES } from './limits';
import { readShards } from './shards';
import { readWhole } from './sourceFile';
import { type JsonObject, parseJsonObject } from './strictJson';
import { openTokenizer } from './tokenizer';

export interface OpenOptions {
  /** Name to show, where the paths hold no folder name (the CLI knows the directory). */
  readonly name?: string;
}

/**
 * Opens the checkpoint among `files`; paths may have a leading folder, and files that do not belong to it are ignored. FormatError when
 * there is none, more than one, or its headers are wrong; FetchError when bytes cannot be had.
 */
export async function openCheckpoint(files: readonly SourceFile[], options: OpenOptions = {}): Promise<Checkpoint> {
  const folder = findFolder(files);
  const config = await readJson(folder, 'config.json', MAX_CONFIG_BYTES, 'names');
  if (!config) throw folder.missing('config.json', 'Drop the whole model folder, or add config.json to the files.');
  const { tensors, unsupported } = await readShards(folder);
  const byName = new Map(tensors.map((entry) => [entry.name, entry]));
  let tokenizer: Promise<Tokenizer> | undefined;
  let fingerprint: Promise<string> | undefined;
  return {
    name: options.name ?? (folder.name || 'checkpoint'),
    config,
    tensors: byName,
    unsupported,
    tokenizer: () => (tokenizer ??= readTokenizer(folder, config)),
    fingerprint: () => (fingerprint ??= fingerprintCheckpoint(config, tensors)),
  };
}

async function readTokenizer(folder: Folder, config: JsonObject): Promise<Tokenizer> {
  const json = await readJson(folder, 'tokenizer.json', MAX_TOKENIZER_BYTES, 'any');
  if (!json) {
    const other = ['tokenizer.model', 'vocab.json'].find((path) => folder.get(path));
    throw folder.missing(
      'tokenizer.json',
      other
        ? `${other} is not read; make tokenizer.json with transformers: AutoTokenizer.from_pretrained(…).save_pretrained(…).`
        : 'Add tokenizer.json of the same model to the files.',
    );
  }
  const settings = await readJson(folder, 'tokenizer_config.json', MAX_TOKENIZER_BYTES, 'any');
  return openTokenizer(json, settings ?? {}, config);
}

async function readJson(
  folder: Folder,
  path: string,
  limit: number,
  keys: 'names' | 'any',
): Promise<JsonObject | undefined> {
  const file = folder.get(path);
  return file && parseJsonObject(await readWhole(file, limit, `a ${path}`), file.path, keys);
}

/**
 * The tensor of that name. FormatError when it is missing, stored in a type that the lab does not decode, or of another shape than the
 * config says.
 */
export function requireTensor(checkpoint: Checkpoint, name: string, shape?: readonly number[]): TensorEntry {
  const entry = checkpoint.tensors.get(name);
  if (!entry) {
    const type = checkpoint.unsupported.get(name);
    throw type === undefined
      ? new FormatError(
          'missing-tensor',
          `${checkpoint.name}: the tensor "${name}" is missing. The config asks for it; check that all weight files belong to this model.`,
          { tensor: name },
        )
      : new FormatError(
          'unsupported-type',
          `${checkpoint.name}: the tensor "${name}" is stored as ${type.slice(0, 40)}; F32, F16 and BF16 are read. Open the unquantized model.`,
          { tensor: name, found: type.slice(0, 40) },
        );
  }
  if (shape && (shape.length !== entry.shape.length || shape.some((size, i) => size !== entry.shape[i]))) {
    throw new FormatError(
      'wrong-shape',
      `${entry.file}: the tensor "${name}" has shape [${entry.shape.join(', ')}]; by config.json it should have [${shape.join(', ')}]. ` +
        'Check that config.json and the weights belong to the same model.',
      { file: entry.file, tensor: name, found: entry.shape.join('×'), expected: shape.join('×') },
    );
  }
  return entry;
}
