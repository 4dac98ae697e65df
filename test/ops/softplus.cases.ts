import { softplus as twin } from '../../src/reference/softplus';
import { uploadMatrix } from '../../src/tensor/matrix';
import { softplus } from '../../src/tensor/nn/softplus';
import { normals, type OpCase } from '../opCase';

const all = { low: 0, high: Infinity };

const rounding = 'f32 rounding of an exponential, a quotient and a series of positive terms: 3e-7 in all';

function shape(rows: number, cols: number, limits = all, benchOnly = false): OpCase {
  const { low, high } = limits;
  return {
    op: 'softplus',
    label: `${rows}×${cols}${limits === all ? '' : ` within ${low} and ${high}`}`,
    work: 32 * rows * cols,
    benchOnly,
    tolerance: { atol: 0, rtol: 4e-7, because: `${rounding}; and of x + b, about 1e-7 of it` },
    prepare: (gpu, scope, rng) => {
      const x = normals(rng, rows * cols, 2);
      // The lower half of the steps of published checkpoints begins at 0.001, which is softplus(−6.9).
      const b = normals(rng, cols).map((v) => v - 5);
      const bias = uploadMatrix(scope, b, 1, cols, 'b');
      return {
        run: (into) => softplus(gpu, uploadMatrix(into, x, rows, cols, 'x'), bias, limits),
        reference: () =>
          twin(
            x.map((v, at) => v + (b[at % cols] as number)),
            new Float64Array(cols),
            limits,
          ),
      };
    },
  };
}

/** Where ln(1 + eˣ) as written is wrong by 4e-4 (−10) to all digits (−18), and where the exponential of x itself would overflow. */
const ends: OpCase = {
  ...shape(1, 1),
  label: 'from −40 to 30',
  tolerance: { atol: 0, rtol: 3e-7, because: rounding },
  prepare: (gpu, scope) => {
    const x = Float32Array.from({ length: 1001 }, (_, i) => -40 + (70 * i) / 1000);
    const bias = uploadMatrix(scope, new Float32Array(1001), 1, 1001, 'b');
    return {
      run: (into) => softplus(gpu, uploadMatrix(into, x, 1, 1001, 'x'), bias),
      reference: () => twin(x, new Float64Array(1001)),
    };
  },
};

const beyond: OpCase = {
  ...shape(1, 1),
  label: 'far beyond',
  tolerance: { atol: 1e-37, rtol: 1e-7, because: 'the smallest steps are below what f32 holds to all digits' },
  prepare: (gpu, scope) => {
    const x = Float32Array.of(-3e38, -1000, -100, -88, 88, 100, 1000, 3e38);
    const bias = uploadMatrix(scope, new Float32Array(8), 1, 8, 'b');
    return {
      run: (into) => softplus(gpu, uploadMatrix(into, x, 1, 8, 'x'), bias),
      reference: () => twin(x, new Float64Array(8)),
    };
  },
};

export const cases: readonly OpCase[] = [
  shape(1, 1),
  shape(1, 63),
  shape(7, 64),
  shape(9, 65),
  shape(3, 1000),
  shape(5, 33, { low: 0.004, high: 0.05 }),
  shape(5, 33, { low: 0.01, high: Infinity }),
  ends,
  beyond,
  shape(2048, 1536, all, true),
];
