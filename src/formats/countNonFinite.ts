/** Weights that are NaN or infinite: found by their bits, before any arithmetic spreads them, and refused by tensor and count. */
import { FormatError } from '../util/errors';
import type { StoredType, TensorEntry } from './checkpoint';

/** Values that are not finite as float32, among stored little-endian ones: their exponent bits are all set, or they lie beyond its range. */
export function countNonFinite(type: StoredType, bytes: Uint8Array<ArrayBuffer>): number {
  // A view of words needs an aligned offset; slices of a file have one of 0.
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  let count = 0;
  if (type === 'F64') {
    const { buffer: own, byteOffset: offset } = bytes.byteOffset % 8 ? bytes.slice() : bytes;
    for (const value of new Float64Array(own, offset, byteLength >> 3))
      if (!Number.isFinite(Math.fround(value))) count++;
    return count;
  }
  if (type === 'F32') {
    for (const word of new Uint32Array(buffer, byteOffset, byteLength >> 2)) {
      if ((word & 0x7f800000) === 0x7f800000) count++;
    }
    return count;
  }
  const exponent = type === 'F16' ? 0x7c00 : 0x7f80;
  for (const half of new Uint16Array(buffer, byteOffset, byteLength >> 1)) {
    if ((half & exponent) === exponent) count++;
  }
  return count;
}

/** Throws a FormatError that names the tensor and how many of its weights are not finite. */
export function refuseNonFinite(entry: TensorEntry, count: number): void {
  if (count === 0) return;
  const total = entry.shape.reduce((product, size) => product * size, 1);
  throw new FormatError(
    'non-finite-weights',
    `${entry.file}: the tensor "${entry.name}" holds ${count} of ${total} weights that are NaN or infinite. ` +
      'The checkpoint is damaged or was saved after training diverged: download it again or take an earlier one.',
    { file: entry.file, tensor: entry.name, count, total },
  );
}
