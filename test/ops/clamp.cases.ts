import { clamp as twin } from '../../src/reference/clamp';
import { uploadMatrix } from '../../src/tensor/matrix';
import { clamp } from '../../src/tensor/nn/clamp';
import { normals, type OpCase } from '../opCase';

const shape = (rows: number, cols: number, limit: number): OpCase => ({
  op: 'clamp',
  label: `${rows}×${cols} within ${limit}`,
  work: 3 * rows * cols,
  tolerance: { atol: 0, rtol: 0, because: 'a choice among f32 values' },
  prepare: (gpu, scope, rng) => {
    const x = normals(rng, rows * cols);
    return {
      run: (into) => clamp(gpu, uploadMatrix(into, x, rows, cols, 'x'), limit),
      reference: () => twin(x, limit),
    };
  },
});

export const cases: readonly OpCase[] = [shape(1, 1, 0), shape(5, 63, 0.5), shape(65, 64, 2), shape(3, 1000, 100)];
