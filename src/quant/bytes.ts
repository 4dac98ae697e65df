/** Numbers as the bytes of a format: dense bit streams, halves, parts in a row. */
import { assert, present } from '../util/assert';
import { f32ToF16 } from '../util/halfFloat';

/** Values below 2^bits as a dense little-endian bit stream. Twin of shaders/rounding/pack_codes.wgsl. */
export function packBits(values: ArrayLike<number>, bits: number): Uint8Array<ArrayBuffer> {
  const stream = new Uint8Array(Math.ceil((values.length * bits) / 8));
  for (let i = 0; i < values.length; i++) {
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      const set = ((values[i] as number) >> bit) & 1;
      stream[at >> 3] = (stream[at >> 3] as number) | (set << (at & 7));
    }
  }
  return stream;
}

/** The first `count` values of a stream from packBits. */
export function unpackBits(stream: Uint8Array, count: number, bits: number): Uint8Array<ArrayBuffer> {
  assert(bits <= 8, 'codes of at most 8 bits');
  return Uint8Array.from({ length: count }, (_, i) => {
    const at = i * bits;
    const two = present(stream[at >> 3], 'stream byte') | ((stream[(at >> 3) + 1] ?? 0) << 8);
    return (two >> (at & 7)) & (2 ** bits - 1);
  });
}

export function halves(values: Float32Array): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(values, f32ToF16);
}

export function join(parts: readonly ArrayBufferView<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return joined;
}

/** The same for codes of up to 16 bits. */
export function unpackWide(stream: Uint8Array, count: number, bits: number): Uint16Array<ArrayBuffer> {
  assert(bits <= 16, 'codes of at most 16 bits');
  return Uint16Array.from({ length: count }, (_, i) => {
    const at = i * bits;
    const three = [0, 1, 2].reduce((sum, k) => sum | ((stream[(at >> 3) + k] ?? 0) << (8 * k)), 0);
    return (three >> (at & 7)) & (2 ** bits - 1);
  });
}
