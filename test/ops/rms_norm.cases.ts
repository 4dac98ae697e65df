import { rmsNorm as twin } from '../../src/reference/rmsNorm';
import { uploadMatrix } from '../../src/tensor/matrix';
import { rmsNorm } from '../../src/tensor/nn/rmsNorm';
import { normals, outlierColumns, type OpCase } from '../opCase';

/** `width`: of the gains; `run`: what is normed at once. */
const shape = (rows: number, cols: number, width = cols, benchOnly = false, run = width): OpCase => ({
  op: 'rms_norm',
  label: `${rows}×${cols}${width === cols ? '' : ` heads of ${width}`}${run === width ? '' : ` in runs of ${run}`}`,
  work: 6 * rows * cols,
  benchOnly,
  tolerance: { nmse: 1e-12, because: 'f32 rounding of a tree sum, its root and two products: about 3e-7 each' },
  prepare: (_gpu, scope, rng) => {
    const x = outlierColumns(rng, rows, cols);
    const w = normals(rng, width);
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    const weights = uploadMatrix(scope, w, 1, width, 'w');
    return {
      run: (into) => rmsNorm(_gpu, into, onGpu, weights, 1e-5, run),
      reference: () => twin(x, w, 1e-5, run),
    };
  },
});

/** A row of zeros must give zeros: ε is what keeps the root away from 0. */
const zeros: OpCase = {
  ...shape(3, 64),
  label: '3×64 zeros',
  tolerance: { atol: 0, rtol: 0, because: '0 · anything finite is 0' },
  prepare: (gpu, scope) => {
    const x = uploadMatrix(scope, new Float32Array(192), 3, 64, 'x');
    const w = uploadMatrix(scope, new Float32Array(64).fill(1), 1, 64, 'w');
    return { run: (into) => rmsNorm(gpu, into, x, w, 1e-6), reference: () => new Float64Array(192) };
  },
};

export const cases: readonly OpCase[] = [
  shape(1, 1),
  shape(1, 63),
  shape(7, 64),
  shape(9, 65),
  shape(64, 256),
  shape(65, 257),
  shape(3, 1000),
  shape(5, 96, 8),
  shape(33, 320, 80),
  shape(33, 64, 64, false, 16),
  zeros,
  shape(2048, 2048, 2048, true),
];
