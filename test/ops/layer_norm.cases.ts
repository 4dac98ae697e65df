import { layerNorm as twin } from '../../src/reference/layerNorm';
import { uploadMatrix } from '../../src/tensor/matrix';
import { layerNorm } from '../../src/tensor/nn/layerNorm';
import { normals, outlierColumns, type OpCase } from '../opCase';

/** `offset`: a mean far from zero, whose square would swallow the variance. */
const shape = (rows: number, cols: number, offset = 0, benchOnly = false): OpCase => ({
  op: 'layer_norm',
  label: `${rows}×${cols}${offset === 0 ? '' : ` around ${offset}`}`,
  work: 9 * rows * cols,
  benchOnly,
  tolerance: {
    nmse: offset === 0 ? 1e-12 : 1e-8,
    because:
      'f32 rounding of two sums, a root and two products; around 1 000 the inputs keep four digits fewer behind the mean',
  },
  prepare: (gpu, scope, rng) => {
    const x = outlierColumns(rng, rows, cols).map((v) => v + offset);
    const [w, b] = [normals(rng, cols), normals(rng, cols)];
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    const [gains, bias] = [uploadMatrix(scope, w, 1, cols, 'w'), uploadMatrix(scope, b, 1, cols, 'b')];
    return {
      run: (into) => layerNorm(gpu, into, onGpu, gains, bias, 1e-5),
      reference: () => twin(x, w, b, 1e-5),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1),
  shape(1, 63),
  shape(7, 64),
  shape(9, 65),
  shape(65, 257),
  shape(3, 1000),
  shape(9, 65, 1000),
  shape(2048, 2048, 0, true),
];
