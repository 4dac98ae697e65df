/**
 * Blocks of 32 columns: Q4_0, Q5_0, Q8_0, IQ4_NL with a step d; Q4_1, Q5_1 with a step d and a least value m. Parameters are (d, inverse
 * step), and (d, m), (inverse step, start): codes are made with the steps before they are rounded to half precision, as in llama.cpp.
 * Twins of shaders/grid/block_scale.wgsl and block_affine.wgsl.
 */
import { blockLayouts, iq4Values, type BlockName } from '../../util/blockBytes';
import { nearestHalf as half, roundHalfEven } from '../../util/halfFloat';
import { meanSquare, spreadWeights, type BlockFormat, type FitInputs } from './format';
import { clamp, extreme, f, reciprocal, scaleSums, searchAffine, searchScale, signedCode, tiny } from './search';

type Weights = ArrayLike<number>;

const weightsOf = (x: Weights, { importance, meanSquare: given }: FitInputs, times: number): Float32Array =>
  importance ? spreadWeights(x, importance, f(times * (given ?? meanSquare(x)))) : Float32Array.from(x, (v) => v * v);

/** d = extreme / −zero, so that the value of the largest magnitude is a level. */
function signedBlock(name: BlockName): BlockFormat {
  const { zero } = blockLayouts[name];
  return {
    fit(x, inputs = {}) {
      if (inputs.importance) {
        const { scale, inverse } = searchScale(x, weightsOf(x, inputs, 1), zero);
        return { parameters: Float32Array.of(half(scale), inverse) };
      }
      const d = f(extreme(x) / -zero);
      return { parameters: Float32Array.of(half(d), reciprocal(d)) };
    },
    quantize(x, { parameters }, { importance } = {}) {
      const inverse = parameters[1] as number;
      return Uint8Array.from(x, (v) => {
        if (importance) return inverse === 0 ? 0 : signedCode(v, inverse, zero) + zero;
        return clamp(Math.floor(f(f(v * inverse) + zero + 0.5)), 0, 2 * zero - 1);
      });
    },
    dequantize: (codes, p) => Float32Array.from(codes, (c) => f((c - zero) * (p[0] as number))),
  };
}

function affineBlock(name: BlockName): BlockFormat {
  const n = 2 ** blockLayouts[name].bits - 1;
  return {
    fit(x, inputs = {}) {
      if (inputs.importance) {
        const search = { n, from: -0.9, by: 0.05, steps: 36, error: 'squared' } as const;
        const { scale, floor, inverse, start } = searchAffine(x, weightsOf(x, inputs, 1), search);
        return { parameters: Float32Array.of(half(scale), half(-floor), inverse, start) };
      }
      let min = x[0] as number;
      let max = min;
      for (let i = 0; i < x.length; i++) {
        min = Math.min(min, x[i] as number);
        max = Math.max(max, x[i] as number);
      }
      const d = f(f(max - min) / n);
      return { parameters: Float32Array.of(half(d), half(min), reciprocal(d), min) };
    },
    quantize(x, { parameters }, { importance } = {}) {
      const [, , inverse, start] = parameters as unknown as readonly [number, number, number, number];
      return Uint8Array.from(x, (v) => {
        const steps = f(f(v - start) * inverse);
        return clamp(importance ? roundHalfEven(steps) : Math.floor(f(steps + 0.5)), 0, n);
      });
    },
    dequantize: (codes, p) => Float32Array.from(codes, (c) => f(f(c * (p[0] as number)) + (p[1] as number))),
  };
}

/** d = max |x| / 127, round half away from zero. Importance changes nothing. */
const q8_0: BlockFormat = {
  fit(x) {
    const d = f(Math.abs(extreme(x)) / 127);
    return { parameters: Float32Array.of(half(d), reciprocal(d)) };
  },
  quantize: (x, { parameters }) =>
    Uint8Array.from(x, (v) => {
      const steps = f(v * (parameters[1] as number));
      return 128 + clamp(Math.sign(steps) * Math.floor(Math.abs(steps) + 0.5), -127, 127);
    }),
  dequantize: (codes, p) => Float32Array.from(codes, (c) => f((c - 128) * (p[0] as number))),
};

/** The entry of the table next to a value; of two equally near, the upper. */
export function nearestEntry(x: number): number {
  let code = 0;
  while (code < 15) {
    const [low, high] = [iq4Values[code] as number, iq4Values[code + 1] as number];
    if (x <= low || f(x - low) < f(high - x)) break;
    code++;
  }
  return code;
}

/** Weighted least squares on the table's values for inverse steps (k + table[0]) / extreme, k = −7 … 7. */
const iq4_nl: BlockFormat = {
  fit(x, inputs = {}) {
    const max = extreme(x);
    if (Math.abs(max) < tiny) return { parameters: Float32Array.of(0, 0) };
    // Here llama.cpp, too, takes the mean square of the block.
    const w = weightsOf(x, { importance: inputs.importance }, 2);
    const first = iq4Values[0] as number;
    const sumsAt = (inverse: number) => scaleSums(x, w, (v) => iq4Values[nearestEntry(f(inverse * v))] as number);
    const { xl, ll } = sumsAt(f(1 / f(-max / first)));
    let d = f(xl / ll);
    let best = f(d * xl);
    for (let k = -7; k <= 7; k++) {
      const tried = sumsAt(f((k + first) / max));
      if (tried.ll > 0 && f(tried.xl * tried.xl) > f(best * tried.ll)) {
        d = f(tried.xl / tried.ll);
        best = f(d * tried.xl);
      }
    }
    return { parameters: Float32Array.of(half(d), reciprocal(d)) };
  },
  quantize: (x, { parameters }) => Uint8Array.from(x, (v) => nearestEntry(f((parameters[1] as number) * v))),
  dequantize: (codes, p) => Float32Array.from(codes, (c) => f((iq4Values[c] as number) * (p[0] as number))),
};

export const plainBlocks = {
  q4_0: signedBlock('q4_0'),
  q4_1: affineBlock('q4_1'),
  q5_0: signedBlock('q5_0'),
  q5_1: affineBlock('q5_1'),
  q8_0,
  iq4_nl,
} as const;
