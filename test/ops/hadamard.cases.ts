import { hadamard as twin } from '../../src/reference/hadamard';
import { hadamard } from '../../src/tensor/hadamard';
import { uploadMatrix } from '../../src/tensor/matrix';
import { randomSigns } from '../../src/util/orthogonal';
import { outlierColumns, type OpCase } from '../opCase';

type Kind = 'forward' | 'inverse' | 'there and back';

const shape = (rows: number, cols: number, kind: Kind, width = cols, benchOnly = false): OpCase => ({
  op: 'hadamard',
  label: `${rows}×${cols}${width === cols ? '' : ` in runs of ${width}`} ${kind}`,
  work: rows * cols * Math.ceil(Math.log2(width + 1)),
  benchOnly,
  tolerance: { nmse: 1e-12, because: 'two times at most 12 + 172 sums in f32, each off by 6e-8 of what has gathered' },
  prepare: (gpu, scope, rng) => {
    const x = outlierColumns(rng, rows, cols);
    const signs = randomSigns(width, rng);
    const onGpu = uploadMatrix(scope, x, rows, cols, 'x');
    const signsOnGpu = uploadMatrix(scope, signs, 1, width, 'signs');
    const turn = (into: typeof scope, m: typeof onGpu, direction: 'forward' | 'inverse') =>
      hadamard(gpu, into, m, { direction, signs: signsOnGpu, width });
    return {
      run: (into) =>
        kind === 'there and back' ? turn(into, turn(into, onGpu, 'forward'), 'inverse') : turn(into, onGpu, kind),
      reference: () => (kind === 'there and back' ? x : twin(x, width, kind, signs)),
    };
  },
});

/** Without signs, and a single 1: the first column of Sylvester's matrix is ones, exactly representable for a power of 4. */
const unit: OpCase = {
  ...shape(1, 256, 'forward'),
  label: '1×256 of a unit vector',
  tolerance: { atol: 0, rtol: 0, because: '1/16 and its sums with zeros are exact' },
  prepare: (gpu, scope) => {
    const x = uploadMatrix(scope, Float32Array.of(1, ...new Float32Array(255)), 1, 256, 'x');
    return { run: (into) => hadamard(gpu, into, x), reference: () => new Float64Array(256).fill(1 / 16) };
  },
};

export const cases: readonly OpCase[] = [
  ...[1, 2, 64, 172, 576, 896, 960, 1376, 1536].flatMap((n) => [shape(3, n, 'forward'), shape(3, n, 'inverse')]),
  ...[1, 9, 63, 64, 65, 1000, 1376, 4864, 8192].map((n) => shape(5, n, 'there and back')),
  shape(7, 192, 'forward', 48),
  shape(7, 192, 'inverse', 64),
  unit,
  shape(1024, 1536, 'forward', 1536, true),
  shape(1024, 1376, 'forward', 1376, true),
];
