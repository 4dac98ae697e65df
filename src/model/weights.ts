/** Tensors of a checkpoint → matrices on the GPU, in their stored type, by slices of bounded size. Refuses NaN and infinities. */
import type { StoredType, TensorEntry } from '../formats/checkpoint';
import { countNonFinite, refuseNonFinite } from '../formats/countNonFinite';
import { storedBytes } from '../formats/storedType';
import { toFloats } from '../formats/toFloats';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { elementBytes, emptyMatrix, uploadMatrix, type ElementType, type Matrix } from '../tensor/matrix';

/** The type on the GPU. Doubles are rounded to float32, as transformers loads them for arithmetic in it. */
const typeOf: Readonly<Record<StoredType, ElementType>> = { F64: 'f32', F32: 'f32', F16: 'f16', BF16: 'bf16' };

/** Bytes read at once: what a checkpoint costs in main memory while it streams. */
const sliceBytes = 32 * 2 ** 20;

/** 16-bit values stay as they are, two to a word; rows of odd width do not fill words and become f32. */
export function storedAs(entry: TensorEntry, cols: number): ElementType {
  return cols % 2 ? 'f32' : typeOf[entry.type];
}

/** Bytes of a tensor [rows, cols] on the GPU. */
export function matrixBytes(entry: TensorEntry): number {
  const [rows = 1, cols = 1] = entry.shape;
  return rows * cols * elementBytes[storedAs(entry, cols)];
}

/** Uploads [rows, cols] slice by slice; the caller has checked the shape. Memory is the scope's. */
export async function uploadTensor(gpu: Gpu, scope: Scope, entry: TensorEntry): Promise<Matrix> {
  const [rows = 1, cols = 1] = entry.shape;
  const type = storedAs(entry, cols);
  const matrix = emptyMatrix(scope, rows, cols, entry.name, type);
  const step = Math.max(1, Math.floor(sliceBytes / (cols * storedBytes[entry.type])));
  let bad = 0;
  for (let begin = 0; begin < rows; begin += step) {
    const end = Math.min(rows, begin + step);
    const bytes = await entry.read(begin, end);
    bad += countNonFinite(entry.type, bytes);
    const content = elementBytes[type] === storedBytes[entry.type] ? bytes : toFloats(bytes, entry.type);
    gpu.write(matrix.view.buffer, content, begin * cols * elementBytes[type]);
  }
  refuseNonFinite(entry, bad);
  return matrix;
}

/** The same value n times, [1, n] f32. */
export const filledVector = (scope: Scope, n: number, value: number): Matrix =>
  uploadMatrix(scope, new Float32Array(n).fill(value), 1, n, 'filled');

/** Values, or those of rows [begin, end), as float32; for small tensors. Refuses NaN and infinities. */
export async function readFloats(entry: TensorEntry, begin?: number, end?: number): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await entry.read(begin, end);
  refuseNonFinite(entry, countNonFinite(entry.type, bytes));
  return toFloats(bytes, entry.type);
}

/** Uploads a norm or bias [n] as [1, n] f32, `above` added to each value. */
export async function uploadVector(scope: Scope, entry: TensorEntry, above = 0): Promise<Matrix> {
  const stored = await readFloats(entry);
  const floats = above === 0 ? stored : stored.map((value) => value + above);
  return uploadMatrix(scope, floats, 1, floats.length, entry.name);
}

/** Rows `ids` (ascending, none twice) of a tensor [n, cols], packed. Neighbours are read together: a request costs about 64 kB of reading. */
export async function readRows(entry: TensorEntry, ids: ArrayLike<number>): Promise<Uint8Array<ArrayBuffer>> {
  const [, cols = 1] = entry.shape;
  const rowBytes = cols * storedBytes[entry.type];
  const packed = new Uint8Array(ids.length * rowBytes);
  for (let i = 0; i < ids.length;) {
    const begin = ids[i] as number;
    let next = i + 1;
    while (
      next < ids.length &&
      ((ids[next] as number) - (ids[next - 1] as number)) * rowBytes <= 65_536 &&
      ((ids[next] as number) + 1 - begin) * rowBytes <= sliceBytes
    ) {
      next++;
    }
    const bytes = await entry.read(begin, (ids[next - 1] as number) + 1);
    for (; i < next; i++) {
      const at = ((ids[i] as number) - begin) * rowBytes;
      packed.set(bytes.subarray(at, at + rowBytes), i * rowBytes);
    }
  }
  refuseNonFinite(entry, countNonFinite(entry.type, packed));
  return packed;
}
