import { gather as twin } from '../../src/reference/gather';
import { uploadMatrix, type ElementType } from '../../src/tensor/matrix';
import { gather } from '../../src/tensor/nn/gather';
import { bf16ToF32, f16ToF32, f32ToF16 } from '../../src/util/halfFloat';
import { normals, type OpCase } from '../opCase';

const shape = (n: number, cols: number, tokens: number, type: ElementType, rowsAtOnce?: number): OpCase => ({
  op: 'gather',
  label: `${tokens} of ${n}×${cols} ${type}${rowsAtOnce ? `, ${rowsAtOnce} rows at once` : ''}`,
  work: 2 * tokens * cols,
  tolerance: { atol: 0, rtol: 0, because: 'every 16-bit value is an f32 value' },
  prepare: (gpu, scope, rng) => {
    const values = normals(rng, n * cols);
    const words = new Uint32Array(values.buffer);
    const halves = type === 'f16' ? Uint16Array.from(values, f32ToF16) : Uint16Array.from(words, (w) => w >>> 16);
    const table = type === 'f32' ? values : Float32Array.from(halves, type === 'f16' ? f16ToF32 : bf16ToF32);
    // Includes an id outside the table.
    const ids = Uint32Array.from({ length: tokens }, (_, t) => (t === 3 ? n : rng.integer(n)));
    const onGpu = uploadMatrix(scope, type === 'f32' ? values : halves, n, cols, 'table', type);
    const index = uploadMatrix(scope, ids, tokens, 1, 'ids');
    return {
      run: (into) => gather(gpu, into, onGpu, index, rowsAtOnce ? { rowsAtOnce } : {}),
      reference: () => twin(table, cols, ids),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, 1, 'f32'),
  shape(65, 63, 64, 'f32'),
  shape(64, 48, 65, 'f16'),
  shape(1000, 64, 63, 'bf16'),
  shape(300, 16, 100, 'f16', 128),
  shape(300, 7, 100, 'f32', 256),
];
