import { selectiveScan as twin } from '../../src/reference/selectiveScan';
import { uploadMatrix } from '../../src/tensor/matrix';
import { headScan } from '../../src/tensor/nn/headScan';
import type { Rng } from '../../src/util/rng';
import { normals, outlierColumns, type OpCase } from '../opCase';

interface Sizes {
  readonly windows?: number;
  readonly length: number;
  readonly heads: number;
  /** Channels of a head. */
  readonly size: number;
  readonly groups?: number;
  readonly states?: number;
  /** As in selective_scan.cases.ts; `still` are so small that a window is remembered whole. */
  readonly steps?: 'usual' | 'any' | 'still';
  readonly benchOnly?: boolean;
}

const ranges = {
  usual: [Math.log(0.001), Math.log(0.1)],
  any: [-25, 8],
  still: [-30, -15],
} as const;

/** Step sizes, spread evenly over their logarithms. */
const stepsOf = (rng: Rng, n: number, [low, high]: readonly [number, number]) =>
  Float32Array.from({ length: n }, () => Math.exp(low + (high - low) * rng.uniform()));

function shape(sizes: Sizes): OpCase {
  const { windows = 1, length, heads, size, groups = 1, states = 16, steps = 'usual', benchOnly = false } = sizes;
  const [tokens, channels] = [windows * length, heads * size];
  return {
    op: 'head_scan',
    label: `${windows}×${length} tokens, ${heads} heads of ${size} in ${groups} groups, ${states} states, ${steps} steps`,
    work: 6 * tokens * channels * states,
    benchOnly,
    tolerance: {
      nmse: 1e-12,
      because:
        'running sums of decays lose 7e-7 at most (differences of sums from the start lost 1e-4), products about 1e-7',
    },
    prepare: (gpu, scope, rng) => {
      const x = outlierColumns(rng, tokens, channels);
      const delta = stepsOf(rng, tokens * heads, ranges[steps]);
      // As Mamba-2 begins: rates from 1 to 16.
      const aLog = Float32Array.from({ length: heads }, () => Math.log(1 + 15 * rng.uniform()));
      const [b, c] = [normals(rng, tokens * groups * states), normals(rng, tokens * groups * states)];
      const d = normals(rng, heads);
      const scanned = {
        x: uploadMatrix(scope, x, tokens, channels, 'x'),
        delta: uploadMatrix(scope, delta, tokens, heads, 'delta'),
        aLog: uploadMatrix(scope, aLog, 1, heads, 'A_log'),
        b: uploadMatrix(scope, b, tokens, groups * states, 'B'),
        c: uploadMatrix(scope, c, tokens, groups * states, 'C'),
        d: uploadMatrix(scope, d, 1, heads, 'D'),
      };
      return {
        run: (into) => headScan(gpu, into, scanned, { heads, groups, length }),
        reference: () => twin({ x, delta, aLog, b, c, d }, { channels, heads, groups, states, length }),
      };
    },
  };
}

/** Far into a window whose start decays at once, neighbours still remember each other: only sums from near to far tell by how much. */
const late: OpCase = {
  ...shape({ length: 1, heads: 1, size: 4 }),
  label: 'after a step of 1e6',
  tolerance: { atol: 0, rtol: 1e-6, because: 'two sums of up to 128 decays of 1e-3, each to f32 rounding' },
  prepare: (gpu, scope) => {
    const tokens = 128;
    const delta = new Float32Array(tokens).fill(1e-3);
    delta[3] = 1e6;
    const column = (values: Float32Array<ArrayBuffer>, cols: number) =>
      Float32Array.from({ length: tokens * cols }, (_, at) => values[Math.floor(at / cols)] as number);
    const ones = new Float32Array(tokens).fill(1);
    const [x, b, c] = [column(ones, 4), column(ones, 4), column(ones, 4)];
    const [aLog, d] = [Float32Array.of(0), Float32Array.of(0)];
    const scanned = {
      x: uploadMatrix(scope, x, tokens, 4, 'x'),
      delta: uploadMatrix(scope, delta, tokens, 1, 'delta'),
      aLog: uploadMatrix(scope, aLog, 1, 1, 'A_log'),
      b: uploadMatrix(scope, b, tokens, 4, 'B'),
      c: uploadMatrix(scope, c, tokens, 4, 'C'),
      d: uploadMatrix(scope, d, 1, 1, 'D'),
    };
    return {
      run: (into) => headScan(gpu, into, scanned, { heads: 1, groups: 1, length: tokens }),
      reference: () =>
        twin({ x, delta, aLog, b, c, d }, { channels: 4, heads: 1, groups: 1, states: 4, length: tokens }),
    };
  },
};

export const cases: readonly OpCase[] = [
  shape({ length: 1, heads: 1, size: 4, states: 4 }),
  shape({ length: 63, heads: 3, size: 8 }),
  shape({ windows: 2, length: 64, heads: 4, size: 16, groups: 2 }),
  shape({ windows: 3, length: 65, heads: 2, size: 32, states: 32 }),
  shape({ windows: 2, length: 200, heads: 4, size: 36, groups: 4, states: 8 }),
  shape({ length: 257, heads: 2, size: 64, states: 128 }),
  shape({ length: 1000, heads: 2, size: 12, states: 12 }),
  shape({ windows: 2, length: 130, heads: 8, size: 8, groups: 2, steps: 'any' }),
  shape({ length: 300, heads: 2, size: 8, steps: 'still' }),
  late,
  shape({ windows: 8, length: 256, heads: 8, size: 32, states: 32, benchOnly: true }),
  shape({ length: 2048, heads: 24, size: 64, states: 128, benchOnly: true }),
];
