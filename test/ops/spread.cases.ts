import * as twin from '../../src/reference/spread';
import { uploadMatrix, emptyMatrix, type Matrix } from '../../src/tensor/matrix';
import { bins, histogram, rowExtent } from '../../src/tensor/spread';
import { outlierColumns, type OpCase } from '../opCase';

const extent = (rows: number, cols: number, benchOnly = false): OpCase => ({
  op: 'row_extent',
  label: `${rows}×${cols}`,
  work: 3 * rows * cols,
  benchOnly,
  tolerance: { nmse: 1e-11, because: 'float32 sums of squares in order' },
  prepare: (gpu, scope, rng) => {
    const x = outlierColumns(rng, rows, cols);
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    return { run: (into) => rowExtent(gpu, into, onGpu), reference: () => twin.rowExtent(x, rows, cols) };
  },
});

const counts = (rows: number, cols: number, reach: number, benchOnly = false): OpCase => ({
  op: 'histogram',
  label: `${rows}×${cols} ±${reach}`,
  work: 6 * rows * cols,
  benchOnly,
  tolerance: { atol: 2, rtol: 0, because: 'a value so near an edge that a float32 division moves it across' },
  prepare: (gpu, scope, rng) => {
    const x = outlierColumns(rng, rows, cols);
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    return {
      // Counts are words; as float32 they can be compared.
      run: async (into): Promise<Matrix> => {
        const words = new Uint32Array(await gpu.read(histogram(gpu, into, onGpu, reach).view));
        const floats = emptyMatrix(into, 1, bins, 'counts');
        gpu.write(floats.view.buffer, Float32Array.from(words), 0);
        return floats;
      },
      reference: () => twin.histogram(x, reach, bins),
    };
  },
});

export const cases: readonly OpCase[] = [
  extent(1, 1),
  extent(65, 172),
  extent(2048, 2048, true),
  counts(1, 1, 2),
  counts(65, 172, 3),
  counts(33, 1000, 60),
  counts(2048, 2048, 6, true),
];
