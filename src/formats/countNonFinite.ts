/**
 * Finds weights that are NaN or infinite: by their bits, before any arithmetic spreads them. Reads a tensor in slices, so its size does not
 * matter.
 */
import { FormatError } from '../util/errors';
import type { StoredType, TensorEntry } from './checkpoint';

/** Bytes read at once: large enough that the cost of a slice vanishes, small beside one layer. */
const SLICE_BYTES = 8 * 2 ** 20;

/** How many of the tensor's elements are NaN or infinite. A FetchError when the file cannot be read. */
export async function countNonFinite(entry: TensorEntry): Promise<number> {
  const rows = entry.shape[0] ?? 1;
  if (entry.bytes === 0) return 0;
  const step = Math.max(1, Math.floor((SLICE_BYTES * rows) / entry.bytes));
  let count = 0;
  for (let begin = 0; begin < rows; begin += step) {
    count += countNonFiniteIn(entry.type, await entry.read(begin, Math.min(rows, begin + step)));
  }
  return count;
}

/** The same for bytes already read, little-endian as stored: an exponent of all ones. */
export function countNonFiniteIn(type: StoredType, bytes: Uint8Array): number {
  let count = 0;
  if (type === 'F32') {
    // Sign and 7 bits of the exponent are in the last byte of four, its lowest bit in the one before.
    for (let i = 3; i < bytes.length; i += 4) {
      if (((bytes[i] as number) & 0x7f) === 0x7f && (bytes[i - 1] as number) >= 0x80) count++;
    }
    return count;
  }
  for (let i = 1; i < bytes.length; i += 2) {
    const high = bytes[i] as number;
    const exponentFull =
      type === 'F16' ? (high & 0x7c) === 0x7c : (high & 0x7f) === 0x7f && (bytes[i - 1] as number) >= 0x80;
    if (exponentFull) count++;
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
