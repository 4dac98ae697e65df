import { siluMultiply as twin } from '../../src/reference/siluMultiply';
import { uploadMatrix } from '../../src/tensor/matrix';
import { siluMultiply } from '../../src/tensor/nn/siluMultiply';
import { normals, type OpCase } from '../opCase';

const shape = (rows: number, cols: number, spread: number, benchOnly = false): OpCase => ({
  op: 'silu_multiply',
  label: `${rows}×${cols} spread ${spread}`,
  work: 8 * rows * cols,
  benchOnly,
  tolerance: {
    atol: 1e-6,
    rtol: 2e-5,
    because: 'WGSL allows exp an error of 3 + 2·|x| ulp; for |x| = 80 that is about 1e-5 of it',
  },
  prepare: (gpu, scope, rng) => {
    const gate = normals(rng, rows * cols, spread);
    const up = normals(rng, rows * cols);
    const right = uploadMatrix(scope, up, rows, cols, 'up');
    return {
      run: (into) => siluMultiply(gpu, uploadMatrix(into, gate, rows, cols, 'gate'), right),
      reference: () => twin(gate, up),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, 1),
  shape(1, 63, 1),
  shape(5, 65, 3),
  shape(3, 1000, 100), // far beyond where exp overflows
  shape(2048, 5632, 1, true),
];
