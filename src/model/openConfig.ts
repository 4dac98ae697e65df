/**
 * The config of a checkpoint, with what only its tensors tell: whether the head is the embedding. A file may hold a head of its own though
 * config.json ties the two; transformers then uses that head, and so does the lab. A stored head that equals the embedding is a copy, and
 * the two stay one matrix.
 */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import type { ModelConfig } from './config';
import { outerTensors } from './blueprint';
import { parseConfig } from './parseConfig';
import { toFloats } from './weights';

/** Bytes of one tensor compared at once. */
const sliceBytes = 8 * 2 ** 20;

/** Per checkpoint, whose tensors are its own. */
const opened = new WeakMap<
  Checkpoint['tensors'],
  { readonly of: Checkpoint['config']; readonly config: Promise<ModelConfig> }
>();

/** FormatError as parseConfig. Reads the stored head only where config.json says that there is none, until it differs. */
export function openConfig(checkpoint: Checkpoint): Promise<ModelConfig> {
  const known = opened.get(checkpoint.tensors);
  if (known?.of === checkpoint.config) return known.config;
  const config = settle(checkpoint);
  opened.set(checkpoint.tensors, { of: checkpoint.config, config });
  // What failed because a file could not be read is tried again.
  config.catch(() => opened.delete(checkpoint.tensors));
  return config;
}

async function settle(checkpoint: Checkpoint): Promise<ModelConfig> {
  const config = parseConfig(checkpoint.config);
  if (!config.tiedEmbeddings) return config;
  const apart = outerTensors({ ...config, tiedEmbeddings: false }, checkpoint);
  const embedding = checkpoint.tensors.get(apart.embedding.name);
  const head = checkpoint.tensors.get(apart.head.name);
  return { ...config, tiedEmbeddings: !embedding || !head || (await holdSame(embedding, head)) };
}

/** Whether two matrices hold the same values, whatever their types. */
async function holdSame(one: TensorEntry, other: TensorEntry): Promise<boolean> {
  const [rows = 1, cols = 1] = one.shape;
  if (one.shape.join() !== other.shape.join()) return false;
  const step = Math.max(1, Math.floor(sliceBytes / (4 * cols)));
  for (let begin = 0; begin < rows; begin += step) {
    const end = Math.min(rows, begin + step);
    const [a, b] = await Promise.all([one.read(begin, end), other.read(begin, end)]);
    if (!sameValues(toFloats(a, one.type), toFloats(b, other.type))) return false;
  }
  return true;
}

/** By their bits: a NaN equals itself, and is refused later. */
function sameValues(one: Float32Array<ArrayBuffer>, other: Float32Array<ArrayBuffer>): boolean {
  const [a, b] = [one, other].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  return a !== undefined && b !== undefined && a.length === b.length && a.every((word, i) => word === b[i]);
}
