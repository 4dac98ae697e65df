import { weigh as twin } from '../../src/reference/weigh';
import { uploadMatrix } from '../../src/tensor/matrix';
import { weigh } from '../../src/tensor/nn/weigh';
import { normals, type OpCase } from '../opCase';

const shape = (rows: number, cols: number, spread: number, benchOnly = false): OpCase => ({
  op: 'weigh',
  label: `${rows}×${cols} spread ${spread}`,
  work: 8 * rows * cols,
  benchOnly,
  tolerance: {
    atol: 1e-6,
    rtol: 2e-5,
    because: 'WGSL allows exp an error of 3 + 2·|x| ulp; for |x| = 80 that is about 1e-5 of it',
  },
  prepare: (gpu, scope, rng) => {
    const x = normals(rng, rows * cols);
    const gate = normals(rng, rows, spread);
    const column = uploadMatrix(scope, gate, rows, 1, 'gate');
    return {
      run: (into) => weigh(gpu, uploadMatrix(into, x, rows, cols, 'x'), column),
      reference: () => twin(x, gate),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, 1),
  shape(63, 1, 1),
  shape(5, 65, 3),
  shape(1000, 3, 100), // far beyond where exp overflows
  shape(2048, 2048, 1, true),
];
