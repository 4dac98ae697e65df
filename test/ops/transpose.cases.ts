import { transpose as twin } from '../../src/reference/transpose';
import { uploadMatrix } from '../../src/tensor/matrix';
import { transpose } from '../../src/tensor/transpose';
import { normals, type OpCase } from '../opCase';

const shape = (rows: number, cols: number, benchOnly = false): OpCase => ({
  op: 'transpose',
  label: `${rows}×${cols}`,
  work: 2 * rows * cols,
  benchOnly,
  tolerance: { atol: 0, rtol: 0, because: 'values are moved' },
  prepare: (gpu, scope, rng) => {
    const x = normals(rng, rows * cols);
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    return { run: (into) => transpose(gpu, into, onGpu), reference: () => twin(x, rows, cols) };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1),
  shape(15, 17),
  shape(64, 63),
  shape(1, 1000),
  shape(65, 3),
  shape(2048, 2048, true),
];
