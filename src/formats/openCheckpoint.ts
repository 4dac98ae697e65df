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
  const nameOf = inCausalModel([...tensors.map(({ name }) => name), ...unsupported.keys()]);
  const remarks = ['adapter_model.safetensors', 'adapter_model.bin']
    .filter((path) => folder.get(path))
    .map((path) => `${path} lies beside the weights and is not applied: numbers are those of the model without it`);
  let tokenizer: Promise<Tokenizer> | undefined;
  let fingerprint: Promise<string> | undefined;
  return {
    name: options.name ?? (folder.name || 'checkpoint'),
    config,
    tensors: new Map(tensors.map((entry) => [nameOf(entry.name), entry])),
    unsupported: new Map([...unsupported].map(([name, type]) => [nameOf(name), type])),
    ...(remarks.length > 0 ? { remarks } : {}),
    tokenizer: () => (tokenizer ??= readTokenizer(folder, config)),
    fingerprint: () => (fingerprint ??= fingerprintCheckpoint(config, tensors)),
  };
}

/**
 * Names as a whole model has them. A model that was saved without its head has "layers.0…" in place of "model.layers.0…"; transformers reads
 * it all the same.
 */
function inCausalModel(names: readonly string[]): (name: string) => string {
  const bare =
    !names.some((name) => name.startsWith('model.')) && names.some((name) => /^(layers\.\d|embed_tokens\.)/.test(name));
  return (name) => (bare && !name.startsWith('lm_head.') ? `model.${name}` : name);
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
  const bytes = file && (await readWhole(file, limit, `a ${path}`));
  return bytes && parseJsonObject(bytes, file.path, keys, path === 'config.json' ? 'any' : 'finite');
}

/** The quantized form that is stored in place of a weight, by the names that quantizers give it; undefined when there is none. */
function codedForm({ tensors, unsupported }: Checkpoint, name: string): string | undefined {
  const layer = name.replace(/weight$/, '');
  return ['qweight', 'weight_packed', 'weight.quant_state.bitsandbytes__nf4', 'qzeros', 'B', 'w_q']
    .map((form) => layer + form)
    .find((form) => tensors.has(form) || unsupported.has(form));
}

/**
 * The tensor of that name. FormatError when it is missing, stored in a type that the lab does not decode, or of another shape than the
 * config says.
 */
export function requireTensor(checkpoint: Checkpoint, name: string, shape?: readonly number[]): TensorEntry {
  const entry = checkpoint.tensors.get(name);
  if (!entry) {
    const type = checkpoint.unsupported.get(name);
    const coded = type === undefined ? codedForm(checkpoint, name) : undefined;
    if (coded) {
      throw new FormatError(
        'quantized-weights',
        `${checkpoint.name}: "${coded}" stands in place of "${name.slice(0, 200)}", so the weights are quantized already (by GPTQ, AWQ or a ` +
          'tool of their kind). Open the original model, which they were made from.',
        { tensor: name, found: coded },
      );
    }
    throw type === undefined
      ? new FormatError(
          'missing-tensor',
          `${checkpoint.name}: the tensor "${name}" is missing. The config asks for it; check that all weight files belong to this model.`,
          { tensor: name },
        )
      : new FormatError(
          'unsupported-type',
          `${checkpoint.name}: the tensor "${name}" is stored as ${type.slice(0, 40)}; F64, F32, F16 and BF16 are read. Open the model in one of these types, before it was quantized.`,
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
