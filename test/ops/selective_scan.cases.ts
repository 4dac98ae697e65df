import { selectiveScan as twin } from '../../src/reference/selectiveScan';
import { uploadMatrix } from '../../src/tensor/matrix';
import { selectiveScan } from '../../src/tensor/nn/selectiveScan';
import type { Rng } from '../../src/util/rng';
import { normals, outlierColumns, type OpCase } from '../opCase';

interface Sizes {
  readonly windows?: number;
  readonly length: number;
  readonly channels: number;
  readonly states?: number;
  /** Step sizes: as published models begin, 0.001 to 0.1; or over fourteen orders of magnitude, so that some states last and some end at once. */
  readonly steps?: 'usual' | 'any';
  readonly benchOnly?: boolean;
}

/** Step sizes, spread evenly over their logarithms. */
const stepsOf = (rng: Rng, n: number, steps: 'usual' | 'any') => {
  const [low, high] = steps === 'usual' ? [Math.log(0.001), Math.log(0.1)] : [-25, 8];
  return Float32Array.from({ length: n }, () => Math.exp(low + (high - low) * rng.uniform()));
};

function shape({ windows = 1, length, channels, states = 16, steps = 'usual', benchOnly = false }: Sizes): OpCase {
  const tokens = windows * length;
  return {
    op: 'selective_scan',
    label: `${windows}×${length} tokens, ${channels} channels of ${states} states, ${steps} steps`,
    work: 23 * tokens * channels * states,
    benchOnly,
    tolerance: {
      nmse: 1e-12,
      because:
        'a state forgets the f32 rounding of its past at the rate at which it forgets the past: 1e-6 is left of about 1e-7 a step',
    },
    prepare: (gpu, scope, rng) => {
      const x = outlierColumns(rng, tokens, channels);
      const delta = stepsOf(rng, tokens * channels, steps);
      // As Mamba begins: state n decays at n, up to a spread of each.
      const aLog = normals(rng, channels * states, 0.5).map((v, at) => v + Math.log(1 + (at % states)));
      const [b, c, d] = [normals(rng, tokens * states), normals(rng, tokens * states), normals(rng, channels)];
      const scanned = {
        x: uploadMatrix(scope, x, tokens, channels, 'x'),
        delta: uploadMatrix(scope, delta, tokens, channels, 'delta'),
        aLog: uploadMatrix(scope, aLog, channels, states, 'A_log'),
        b: uploadMatrix(scope, b, tokens, states, 'B'),
        c: uploadMatrix(scope, c, tokens, states, 'C'),
        d: uploadMatrix(scope, d, 1, channels, 'D'),
      };
      return {
        run: (into) => selectiveScan(gpu, into, scanned, length),
        reference: () => twin({ x, delta, aLog, b, c, d }, { channels, heads: channels, groups: 1, states, length }),
      };
    },
  };
}

/** Decay rates beyond what f32 holds: the state is forgotten at once, and y = Δ x B·C. */
const instant: OpCase = {
  ...shape({ length: 1, channels: 1 }),
  label: 'A_log of 1000',
  tolerance: { atol: 0, rtol: 0, because: 'products of powers of two are exact' },
  prepare: (gpu, scope) => {
    const one = (value: number, cols: number) =>
      uploadMatrix(scope, new Float32Array(3 * cols).fill(value), 3, cols, 'one');
    const row = (value: number, cols: number) =>
      uploadMatrix(scope, new Float32Array(cols).fill(value), 1, cols, 'row');
    const scanned = { x: one(2, 1), delta: one(0.5, 1), aLog: row(1000, 4), b: one(1, 4), c: one(4, 4), d: row(0, 1) };
    return { run: (into) => selectiveScan(gpu, into, scanned, 3), reference: () => new Float64Array(3).fill(16) };
  },
};

export const cases: readonly OpCase[] = [
  shape({ length: 1, channels: 1, states: 4 }),
  shape({ length: 31, channels: 63 }),
  shape({ windows: 2, length: 33, channels: 65 }),
  shape({ windows: 3, length: 97, channels: 32, states: 8 }),
  shape({ length: 256, channels: 64, states: 64 }),
  shape({ length: 40, channels: 5, states: 28 }),
  shape({ length: 1000, channels: 24, states: 12 }),
  shape({ windows: 65, length: 5, channels: 130 }), // more channels of windows than are busy: no chunks
  shape({ windows: 2, length: 130, channels: 33, steps: 'any' }),
  instant,
  shape({ windows: 8, length: 256, channels: 256, benchOnly: true }),
  shape({ length: 2048, channels: 1536, benchOnly: true }),
];
