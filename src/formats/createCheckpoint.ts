/** A checkpoint of what a reader found. */
import type { Checkpoint, Tokenizer } from './checkpoint';
import { fingerprintCheckpoint } from './fingerprint';
import type { StoredTensor } from './storedTensor';

export interface Found {
  /** Of the folder, or of the file without its ending; empty where there is none. */
  readonly name: string;
  /** As config.json says it. */
  readonly config: Checkpoint['config'];
  /** Under the names that the files have. */
  readonly tensors: readonly StoredTensor[];
  /** Name → type of tensors in types that the lab does not decode. */
  readonly unsupported?: ReadonlyMap<string, string>;
  /** The name that the model's architecture gives to a tensor of that name in the files. */
  readonly nameOf?: (stored: string) => string;
  readonly remarks?: readonly string[];
  readonly tokenizer: () => Promise<Tokenizer>;
}

/** Tokenizer and fingerprint are made when they are first asked for. The fingerprint is of the names in the files. */
export function createCheckpoint(found: Found): Checkpoint {
  const { config, tensors, nameOf = (name) => name, remarks = [] } = found;
  let tokenizer: Promise<Tokenizer> | undefined;
  let fingerprint: Promise<string> | undefined;
  return {
    name: found.name || 'checkpoint',
    config,
    tensors: new Map(tensors.map((entry) => [nameOf(entry.name), entry])),
    unsupported: new Map([...(found.unsupported ?? [])].map(([name, type]) => [nameOf(name), type])),
    ...(remarks.length > 0 ? { remarks } : {}),
    tokenizer: () => (tokenizer ??= found.tokenizer()),
    fingerprint: () => (fingerprint ??= fingerprintCheckpoint(config, tensors)),
  };
}
