import { relativeMagnitude as twin } from '../../src/reference/relativeMagnitude';
import { uploadMatrix } from '../../src/tensor/matrix';
import { relativeMagnitude } from '../../src/tensor/relativeMagnitude';
import { outlierColumns, type OpCase } from '../opCase';

const shape = (rows: number, cols: number, group: number, benchOnly = false): OpCase => ({
  op: 'relative_magnitude',
  label: `${rows}×${cols} group ${group}`,
  work: 6 * rows * cols,
  benchOnly,
  tolerance: { nmse: 1e-11, because: 'float32 divisions and an ordered sum of positive numbers' },
  prepare: (gpu, scope, rng) => {
    // The first row is zero: a group without a peak counts as nothing.
    const w = outlierColumns(rng, rows, cols).map((v, i) => (rows > 1 && i < cols ? 0 : v));
    const W = uploadMatrix(scope, w, rows, cols, 'W');
    return {
      run: (into) => relativeMagnitude(gpu, into, W, group),
      reference: () => twin(w, rows, cols, group),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, Infinity),
  shape(63, 65, 32),
  shape(64, 172, 64),
  shape(9, 1000, Infinity),
  shape(2048, 2048, 128, true),
];
