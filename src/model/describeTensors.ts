/**
 * A checkpoint that is no model here, by its headers: its tensors by the numbered layer that their names begin with. Nothing is known of what
 * they are for.
 */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import type { TensorPart, TensorsCard } from './card';
import { compareNames, isMatrix, isNumber } from './matrices';

/** Parts of a name that say where a tensor is, where no number does: "bert.pooler" of "bert.pooler.dense.weight". */
const plainDepth = 2;

/** "encoder.layer.3" of "encoder.layer.3.attention.self.query.weight": up to the first number, or without the tensor's own last word. */
export function partOf(name: string): string {
  const parts = name.split('.');
  const at = parts.findIndex((part, i) => i > 0 && isNumber(part));
  if (at > 0) return parts.slice(0, at + 1).join('.');
  return parts.slice(0, Math.max(1, Math.min(plainDepth, parts.length - 1))).join('.');
}

/** `missing`: the sentence that says why the model cannot be opened. Reads the fingerprint's samples, which may be a FetchError. */
export async function describeTensors(checkpoint: Checkpoint, missing: string): Promise<TensorsCard> {
  const { name, config, remarks } = checkpoint;
  const entries = [...checkpoint.tensors.values()];
  const { model_type: type } = config;
  const matrices = entries.filter(isMatrix);
  return {
    kind: 'tensors',
    name,
    architecture: typeof type === 'string' ? type.slice(0, 80) : null,
    missing,
    tensors: entries.length,
    parameters: sum(entries, count),
    dtypes: [...new Set(entries.map((entry) => entry.type))].sort(),
    bytes: sum(entries, ({ bytes }) => bytes),
    parts: partsOf(entries),
    matrices: { tensors: matrices.length, parameters: sum(matrices, count) },
    undecoded: undecodedOf(checkpoint),
    ...(remarks ? { notes: remarks } : {}),
    fingerprint: await checkpoint.fingerprint(),
  };
}

const count = ({ shape }: TensorEntry) => shape.reduce((product, size) => product * size, 1);
const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);

function partsOf(entries: readonly TensorEntry[]): readonly TensorPart[] {
  const parts = new Map<string, TensorPart>();
  for (const entry of [...entries].sort((a, b) => compareNames(a.name, b.name))) {
    const name = partOf(entry.name);
    const { tensors, parameters, bytes } = parts.get(name) ?? { tensors: 0, parameters: 0, bytes: 0 };
    parts.set(name, {
      name,
      tensors: tensors + 1,
      parameters: parameters + count(entry),
      bytes: bytes + entry.bytes,
    });
  }
  return [...parts.values()];
}

function undecodedOf({ unsupported }: Checkpoint): TensorsCard['undecoded'] {
  const types = new Map<string, number>();
  for (const type of unsupported.values()) types.set(type, (types.get(type) ?? 0) + 1);
  return [...types].sort().map(([type, tensors]) => ({ type, tensors }));
}
