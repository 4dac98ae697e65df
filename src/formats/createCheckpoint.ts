/** A checkpoint of what a reader found. */
import { FormatError } from '../util/errors';
import type { Checkpoint, StoredTensor, Tokenizer } from './checkpoint';
import { namesIn } from './dialects';
import { fingerprintCheckpoint } from './fingerprint';

export interface Found {
  /** Of the folder, or of the file without its ending; empty where there is none. */
  readonly name: string;
  /** As config.json says it. */
  readonly config: Checkpoint['config'];
  /** Under the names that the files have. */
  readonly tensors: readonly StoredTensor[];
  /** Name → type of tensors in types that the lab does not decode. */
  readonly unsupported?: ReadonlyMap<string, string>;
  readonly remarks?: readonly string[];
  /** What it throws is thrown to whoever asks for the tokenizer. */
  readonly tokenizer: () => Tokenizer | Promise<Tokenizer>;
  readonly preprocessor?: Checkpoint['preprocessor'];
}

/**
 * Tokenizer and fingerprint are made when they are first asked for. The fingerprint is of the names in the files. FormatError
 * `duplicate-tensor` where two tensors have one name.
 */
export function createCheckpoint(found: Found): Checkpoint {
  const { config, unsupported = new Map<string, string>(), remarks = [] } = found;
  const nameOf = namesIn([...found.tensors.map(({ name }) => name), ...unsupported.keys()]);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of found.tensors) {
    const name = nameOf(entry.name);
    if (tensors.has(name)) throw duplicate(name, entry);
    tensors.set(name, entry);
  }
  let tokenizer: Promise<Tokenizer> | undefined;
  let fingerprint: Promise<string> | undefined;
  return {
    name: found.name || 'checkpoint',
    config,
    tensors,
    unsupported: new Map([...unsupported].map(([name, type]) => [nameOf(name), type])),
    ...(remarks.length > 0 ? { remarks } : {}),
    tokenizer: () => (tokenizer ??= Promise.resolve().then(found.tokenizer)),
    ...(found.preprocessor ? { preprocessor: found.preprocessor } : {}),
    fingerprint: () => (fingerprint ??= fingerprintCheckpoint(config, found.tensors)),
  };
}

const duplicate = (name: string, { file }: StoredTensor) =>
  new FormatError(
    'duplicate-tensor',
    `${file}: there is more than one tensor "${name.slice(0, 200)}", and nothing says which counts. Write the file anew.`,
    { file, tensor: name.slice(0, 200) },
  );
