import { kronecker as twin } from '../../src/reference/kronecker';
import { kronecker } from '../../src/tensor/kronecker';
import { uploadMatrix } from '../../src/tensor/matrix';
import { normals, outlierColumns, type OpCase } from '../opCase';

const shape = (rows: number, outer: number, order: number, inner: number, benchOnly = false): OpCase => ({
  op: 'kronecker',
  label: `${rows} rows of ${outer}×${order}×${inner}`,
  work: 2 * rows * outer * order * order * inner,
  benchOnly,
  tolerance: { nmse: 1e-12, because: 'a sum of at most 172 products in f32' },
  prepare: (gpu, scope, rng) => {
    const cols = outer * order * inner;
    const x = outlierColumns(rng, rows, cols);
    const m = normals(rng, order * order);
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    const factor = uploadMatrix(scope, m, order, order, 'm');
    return { run: (into) => kronecker(gpu, into, onGpu, factor, inner), reference: () => twin(x, m, order, inner) };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, 1, 1),
  shape(3, 1, 5, 1),
  shape(65, 4, 16, 1),
  shape(7, 1, 48, 16),
  shape(2, 3, 63, 5),
  shape(5, 1, 172, 8),
  shape(1024, 1, 48, 16, true),
];
