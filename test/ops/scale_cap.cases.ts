import { scaleCap as twin } from '../../src/reference/scaleCap';
import { uploadMatrix } from '../../src/tensor/matrix';
import { scaleCap } from '../../src/tensor/nn/scaleCap';
import { normals, type OpCase } from '../opCase';

const shape = (rows: number, cols: number, spread: number, factor: number, cap: number | null): OpCase => ({
  op: 'scale_cap',
  label: `${rows}×${cols} spread ${spread}, times ${factor}, cap ${cap ?? 'none'}`,
  work: 8 * rows * cols,
  tolerance: {
    atol: 1e-9,
    rtol: 2e-6,
    because:
      'a quotient of polynomials near zero, an exponential of at most 30 beyond: some units in the last place, of small values too',
  },
  prepare: (gpu, _scope, rng) => {
    const z = normals(rng, rows * cols, spread);
    return {
      run: (into) => scaleCap(gpu, uploadMatrix(into, z, rows, cols, 'z'), factor, cap),
      reference: () => twin(z, factor, cap),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, 1, 2, null),
  shape(5, 65, 3, 1 / 8, null),
  shape(5, 65, 3, 1, 30),
  shape(3, 1000, 0.01, 1, 50),
  shape(3, 1000, 60, 0.5, 30),
  shape(3, 1000, 1e6, 1, 30), // far beyond where exp overflows
];
