import { columnMagnitude as twin } from '../../src/reference/columnMagnitude';
import { accumulateMagnitude } from '../../src/tensor/columnMagnitude';
import { rowRange, uploadMatrix, zeroMatrix } from '../../src/tensor/matrix';
import { outlierColumns, type OpCase } from '../opCase';

/** In two batches, as calibration does it; the second begins at a row whose offset can be bound. */
const shape = (rows: number, cols: number, benchOnly = false): OpCase => ({
  op: 'column_magnitude',
  label: `${rows}×${cols}`,
  work: 2 * rows * cols,
  benchOnly,
  tolerance: { nmse: 1e-11, because: 'a float32 sum of up to 1000 positive numbers in order' },
  prepare: (gpu, scope, rng) => {
    const x = outlierColumns(rng, rows, cols);
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    const cut = rows > 64 ? 64 : rows;
    return {
      run: (into) => {
        const y = zeroMatrix(into, 1, cols, 'mean');
        accumulateMagnitude(gpu, rowRange(onGpu, 0, cut), y, 1 / rows);
        if (cut < rows) accumulateMagnitude(gpu, rowRange(onGpu, cut, rows), y, 1 / rows);
        return y;
      },
      reference: () => twin(x, cols),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1),
  shape(65, 63),
  shape(1000, 64),
  shape(64, 172),
  shape(2048, 4096, true),
];
