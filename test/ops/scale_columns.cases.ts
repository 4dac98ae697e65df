import { scaleColumns as twin } from '../../src/reference/scaleColumns';
import { uploadMatrix } from '../../src/tensor/matrix';
import { scaleColumns } from '../../src/tensor/scaleColumns';
import { normals, outlierColumns, type OpCase } from '../opCase';

const shape = (m: number, n: number, both: boolean, benchOnly = false): OpCase => ({
  op: 'scale_columns',
  label: `${m}×${n}${both ? ' rows too' : ''}`,
  work: 3 * m * n,
  benchOnly,
  tolerance: { atol: 0, rtol: 3e-7, because: 'two float32 products' },
  prepare: (gpu, scope, rng) => {
    const x = outlierColumns(rng, m, n);
    const [a, b] = [normals(rng, m), normals(rng, n)];
    const [onGpu, rows, cols] = [
      uploadMatrix(scope, x, m, n, 'x'),
      uploadMatrix(scope, a, 1, m, 'a'),
      uploadMatrix(scope, b, 1, n, 'b'),
    ];
    return {
      run: (into) => scaleColumns(gpu, into, onGpu, cols, both ? rows : undefined),
      reference: () => twin(x, b, both ? a : undefined),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, false),
  shape(63, 65, true),
  shape(3, 1000, false),
  shape(172, 172, true),
  shape(2048, 2048, true, true),
];
