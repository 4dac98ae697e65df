/**
 * The grids of ONNX Runtime's MatMulNBits and of MLC's q4f16_1 for one block of columns, in float32 steps. Twin of
 * shaders/grid/half_uniform.wgsl. `rule`: symmetric (s = extreme / −2^(bits−1)), zero-point (range widened to hold 0) or mlc (s = max / 7).
 */
import { nearestHalf as half, roundHalfEven } from '../util/halfFloat';
import { clamp, f } from './blocks/search';

export interface HalfUniformOptions {
  readonly bits: number;
  readonly rule: 'symmetric' | 'zero-point' | 'mlc';
  readonly scale: 'f16' | 'f32';
  /** Searches the range for the least error weighed so. */
  readonly importance?: ArrayLike<number>;
}

export interface HalfUniformParameters {
  readonly scale: number;
  readonly zero: number;
}

const topOf = ({ bits, rule }: HalfUniformOptions) => 2 ** bits - (rule === 'mlc' ? 2 : 1);

export function halfUniformCode(x: number, { scale, zero }: HalfUniformParameters, o: HalfUniformOptions): number {
  return scale === 0 ? zero : clamp(roundHalfEven(f(f(x / scale) + zero)), 0, topOf(o));
}

export function fitHalfUniform(x: ArrayLike<number>, o: HalfUniformOptions): HalfUniformParameters {
  const { bits, rule, importance } = o;
  let [low, high] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    low = Math.min(low, x[i] as number);
    high = Math.max(high, x[i] as number);
  }
  const end = -low > high ? low : high;
  const within = (share: number): HalfUniformParameters => {
    const [a, b, e] = [f(share * low), f(share * high), f(share * end)];
    const raw =
      rule === 'mlc' ? f(Math.abs(e) / 7) : rule === 'symmetric' ? f(e / -(2 ** (bits - 1))) : f(f(b - a) / topOf(o));
    const scale = o.scale === 'f16' ? half(raw) : raw;
    if (rule !== 'zero-point') return { scale, zero: rule === 'mlc' ? 7 : 2 ** (bits - 1) };
    return { scale, zero: scale > 0 ? clamp(roundHalfEven(f(-a / scale)), 0, topOf(o)) : 0 };
  };
  let best = within(1);
  if (!importance) return best;
  let least = Infinity;
  for (let i = 0; i < 80; i++) {
    const p = within(f(1 - f(i / 100)));
    let sum = 0;
    for (let j = 0; j < x.length; j++) {
      const off = f(f(p.scale * (halfUniformCode(x[j] as number, p, o) - p.zero)) - (x[j] as number));
      sum = f(sum + f(f((importance[j] as number) * off) * off));
    }
    if (sum < least) {
      least = sum;
      best = p;
    }
  }
  return best;
}
