/** Writes a safetensors file (layout: safetensors.ts). The tensors' bytes are not copied: the Blob refers to them. */
import { assert } from '../util/assert';
import type { StoredType } from './checkpoint';
import { storedBytes } from './storedType';

export interface TensorBytes {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Little-endian, row-major; or a Blob of them. */
  readonly bytes: Uint8Array<ArrayBuffer> | Blob;
}

/** Readers may map the data as 8-byte elements; so do the reference writers. */
const ALIGNMENT = 8;

/**
 * The tensors as one file, in the order given; `metadata` becomes `__metadata__`. Sizes that disagree with shapes are a defect of the
 * caller.
 */
export function writeSafetensors(tensors: readonly TensorBytes[], metadata?: Readonly<Record<string, string>>): Blob {
  const header = new Map<string, unknown>(metadata ? [['__metadata__', metadata]] : []);
  let end = 0;
  for (const { name, type, shape, bytes } of tensors) {
    const begin = end;
    const size = bytes instanceof Blob ? bytes.size : bytes.byteLength;
    assert(
      shape.reduce((product, n) => product * n, storedBytes[type]) === size,
      `${size} bytes for ${name} [${shape.join(', ')}]`,
    );
    assert(!header.has(name), `two tensors named ${name}`);
    end += size;
    header.set(name, { dtype: type, shape, data_offsets: [begin, end] });
  }
  // By entries: a tensor may be named "__proto__" or "1", which an object would lose or move.
  const json = `{${[...header].map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const prefix = new Uint8Array(8 + length).fill(0x20);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length), true);
  prefix.set(text, 8);
  return new Blob([prefix, ...tensors.map(({ bytes }) => bytes)]);
}
