import { convolve as twin } from '../../src/reference/convolve';
import { uploadMatrix } from '../../src/tensor/matrix';
import { convolve } from '../../src/tensor/nn/convolve';
import { normals, outlierColumns, type OpCase } from '../opCase';

interface Sizes {
  readonly windows?: number;
  readonly length: number;
  readonly channels: number;
  readonly taps?: number;
  readonly biased?: boolean;
  readonly benchOnly?: boolean;
}

function shape({ windows = 1, length, channels, taps = 4, biased = true, benchOnly = false }: Sizes): OpCase {
  const tokens = windows * length;
  return {
    op: 'convolve',
    label: `${windows}×${length} tokens, ${channels} channels, ${taps} taps${biased ? '' : ', no bias'}`,
    work: 2 * taps * tokens * channels,
    benchOnly,
    tolerance: { nmse: 1e-13, because: 'f32 rounding of up to 8 products and their sum: about 1e-7 each' },
    prepare: (gpu, scope, rng) => {
      const x = outlierColumns(rng, tokens, channels);
      const w = normals(rng, channels * taps);
      const b = biased ? normals(rng, channels) : null;
      const onGpu = uploadMatrix(scope, x, tokens, channels, 'x');
      const weights = uploadMatrix(scope, w, channels, taps, 'w');
      const bias = b && uploadMatrix(scope, b, 1, channels, 'b');
      return {
        run: (into) => convolve(gpu, into, onGpu, weights, bias, length),
        reference: () => twin(x, w, b, { channels, taps, length }),
      };
    },
  };
}

/** A window of three tokens shorter than the taps, after one of large values: nothing of that one may be seen. */
const border: OpCase = {
  ...shape({ length: 1, channels: 1 }),
  label: '2×3 tokens, the first window 1e30',
  tolerance: { atol: 0, rtol: 0, because: 'sums of small integers are exact' },
  prepare: (gpu, scope) => {
    const x = uploadMatrix(scope, Float32Array.of(1e30, 1e30, 1e30, 1, 2, 3), 6, 1, 'x');
    const w = uploadMatrix(scope, Float32Array.of(0, 0, 0, 1, 10, 100, 1000, 10_000), 1, 8, 'w');
    return {
      run: (into) => {
        const y = convolve(gpu, into, x, w, null, 3);
        const last = uploadMatrix(into, new Float32Array(3), 3, 1, 'last window');
        gpu.copy({ ...y.view, offset: y.view.offset + 12, bytes: 12 }, last.view);
        return last;
      },
      reference: () => Float64Array.of(10_000, 21_000, 32_100),
    };
  },
};

export const cases: readonly OpCase[] = [
  shape({ length: 1, channels: 1 }),
  shape({ length: 3, channels: 63, taps: 8 }),
  shape({ windows: 3, length: 5, channels: 64, biased: false }),
  shape({ windows: 2, length: 65, channels: 65 }),
  shape({ windows: 2, length: 7, channels: 33, taps: 1 }),
  shape({ length: 100, channels: 10, taps: 2 }),
  border,
  shape({ windows: 8, length: 256, channels: 1536, benchOnly: true }),
];
