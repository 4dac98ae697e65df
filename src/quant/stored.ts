/**
 * A rounded layer as bytes on the host: packed codes, parameters, and the group of each column where groups are not contiguous.
 * Exact: Ŵ is restored from it bit for bit (solve.ts restoreLayer). What it costs to store in an exported format, with half-precision
 * scales, is storageBits and writeStorage. No GPU code.
 */
import { assert, present } from '../util/assert';
import { f32ToF16 } from '../util/halfFloat';
import { sha256 } from '../util/hash';
import type { Grid, Shape } from './problem';

export interface StoredLayer extends Shape {
  /** Dense little-endian bit stream of the codes, row-major in the original column order. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** [rows, groups, 2]: scale and zero. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Group of each column; null when groups are consecutive columns. */
  readonly groupOf: Uint32Array<ArrayBuffer> | null;
}

/** Parameter sets per row. */
export function groupCount(cols: number, group: number): number {
  return Math.ceil(cols / Math.min(group, cols));
}

/** Bits of a matrix on this grid as exported: codes, scales, zeros; and a 32-bit group index per column where groups are scattered. */
export function storageBits(
  { rows, cols }: Shape,
  grid: Grid,
  groups: 'contiguous' | 'scattered' = 'contiguous',
): number {
  const parameters = rows * groupCount(cols, grid.group) * (grid.scaleBits + grid.zeroBits);
  return rows * cols * grid.bits + parameters + (groups === 'scattered' ? 32 * cols : 0);
}

/** The bytes that storageBits counts, each part filled to a whole byte: codes, half-precision scales, zeros, group index. */
export function writeStorage(stored: StoredLayer, grid: Grid): Uint8Array<ArrayBuffer> {
  const sets = stored.parameters.length / 2;
  const scales = Uint16Array.from({ length: sets }, (_, i) => f32ToF16(stored.parameters[2 * i] as number));
  const zeros = Uint32Array.from({ length: sets }, (_, i) => stored.parameters[2 * i + 1] as number);
  return join([
    stored.codes,
    scales,
    packBits(grid.zeroBits ? zeros : new Uint32Array(), grid.zeroBits),
    stored.groupOf ?? new Uint8Array(),
  ]);
}

/** Everything needed to restore the layer, in one piece; storedFromBytes is the inverse. */
export function storedBytes(stored: StoredLayer): Uint8Array<ArrayBuffer> {
  return join([stored.codes, stored.parameters, stored.groupOf ?? new Uint8Array()]);
}

/** Null when `bytes` cannot be a layer of this shape and grid: then it is computed again. */
export function storedFromBytes(bytes: Uint8Array<ArrayBuffer>, shape: Shape, grid: Grid): StoredLayer | null {
  const { rows, cols } = shape;
  const codeBytes = Math.ceil((rows * cols * grid.bits) / 8);
  const parameterBytes = rows * groupCount(cols, grid.group) * 8;
  const rest = bytes.length - codeBytes - parameterBytes;
  if (rest !== 0 && rest !== 4 * cols) return null;
  const part = (begin: number, length: number) => bytes.slice(begin, begin + length);
  return {
    rows,
    cols,
    codes: part(0, codeBytes),
    parameters: new Float32Array(part(codeBytes, parameterBytes).buffer),
    groupOf: rest ? new Uint32Array(part(codeBytes + parameterBytes, rest).buffer) : null,
  };
}

/** SHA-256 over codes, parameters and group index, hex. */
export function hashStored(stored: StoredLayer): Promise<string> {
  return sha256(storedBytes(stored));
}

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

/**
 * Parameters and column groups as they are stored. The solver's groups may lie in another order (group-aware order) or be scattered
 * (act-order); where each run of `size` columns is one group, the sets are put in that order and no index is needed.
 */
export function settleGroups(
  parameters: Float32Array<ArrayBuffer>,
  groupOf: Uint32Array<ArrayBuffer>,
  size: number,
): Pick<StoredLayer, 'parameters' | 'groupOf'> {
  const groups = Math.ceil(groupOf.length / size);
  if (!groupOf.every((g, col) => g === groupOf[col - (col % size)])) return { parameters, groupOf };
  const settled = parameters.map((_, i) => {
    const group = Math.floor(i / 2) % groups;
    const from = groupOf[group * size] as number;
    return parameters[i + 2 * (from - group)] as number;
  });
  return { parameters: settled, groupOf: null };
}

function join(parts: readonly ArrayBufferView<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return joined;
}
