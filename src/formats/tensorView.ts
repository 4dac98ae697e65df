/**
 * A part of a stored tensor as a tensor of its own: some of its rows, or the rows of its transpose. Read on demand like any other; the bytes of
 * the checkpoint stay where they are.
 */
import { assert } from '../util/assert';
import type { TensorEntry } from './checkpoint';
import { storedBytes } from './storedType';

/** Rows begin … end of every run of `every` rows; `every` is all of them for one range. */
export interface RowRuns {
  readonly begin: number;
  readonly end: number;
  readonly every: number;
}

/** Bytes of a stored tensor that are held while columns are picked from them. */
const slabBytes = 8 * 2 ** 20;

/** The rows of each run, one run below the other. */
export function rowsOf(whole: TensorEntry, name: string, { begin, end, every }: RowRuns): TensorEntry {
  const [of = 0, ...rest] = whole.shape;
  assert(every > 0 && of % every === 0 && begin < end && end <= every, `rows ${begin}:${end} of ${every} in ${of}`);
  const run = end - begin;
  const rows = (of / every) * run;
  const rowBytes = whole.bytes / of;
  return {
    ...{ name, type: whole.type, shape: [rows, ...rest], file: whole.file, bytes: rowBytes * rows },
    async read(first = 0, last = rows) {
      if (run === every) return whole.read(first, last);
      const bytes = new Uint8Array((last - first) * rowBytes);
      for (let row = first; row < last;) {
        const [place, inside] = [Math.floor(row / run), row % run];
        const count = Math.min(run - inside, last - row);
        const at = place * every + begin + inside;
        bytes.set(await whole.read(at, at + count), (row - first) * rowBytes);
        row += count;
      }
      return bytes;
    },
  };
}

/** Every row as one run of values: [rows, …] as [rows, all the rest]. */
export function flattened(whole: TensorEntry): TensorEntry {
  const [rows = 1, ...rest] = whole.shape;
  return { ...whole, shape: [rows, rest.reduce((product, size) => product * size, 1)] };
}

/** [cols, rows] as [rows, cols]. Every read takes all of the stored tensor, by slabs. */
export function transposeOf(whole: TensorEntry): TensorEntry {
  const [cols = 0, rows = 0] = whole.shape;
  assert(whole.shape.length === 2, `${whole.name} is a matrix`);
  const size = storedBytes[whole.type];
  const step = Math.max(1, Math.floor(slabBytes / (rows * size)));
  return {
    ...whole,
    shape: [rows, cols],
    async read(first = 0, last = rows) {
      const count = last - first;
      const bytes = new Uint8Array(count * cols * size);
      const out = words(bytes, size);
      for (let begin = 0; begin < cols; begin += step) {
        const end = Math.min(cols, begin + step);
        const slab = words(await whole.read(begin, end), size);
        for (let col = begin; col < end; col++) {
          const from = (col - begin) * rows + first;
          for (let row = 0; row < count; row++) out[row * cols + col] = slab[from + row] as never;
        }
      }
      return bytes;
    },
  };
}

/** The elements by their size alone: they are moved, not read. */
function words(bytes: Uint8Array<ArrayBuffer>, size: number): Uint16Array | Uint32Array | BigUint64Array {
  // A slice of a larger buffer may begin at any byte.
  const { buffer, byteOffset, byteLength } = aligned(bytes, size);
  const count = byteLength / size;
  if (size === 2) return new Uint16Array(buffer, byteOffset, count);
  return size === 4 ? new Uint32Array(buffer, byteOffset, count) : new BigUint64Array(buffer, byteOffset, count);
}

const aligned = (bytes: Uint8Array<ArrayBuffer>, size: number) => (bytes.byteOffset % size ? bytes.slice() : bytes);
