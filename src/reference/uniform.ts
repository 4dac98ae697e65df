/**
 * The uniform grid in float64: the quantizer of the published GPTQ code (IST-DASLab/gptq quant.py, read for its rules), range widened to
 * hold 0, round half to even; the scale is a half, and zero and codes follow from it. Twin of shaders/grid/uniform.wgsl and shaders/stats/group_fit.wgsl.
 */
import { halfStep, roundHalfEven } from '../util/halfFloat';

export interface UniformOptions {
  readonly bits: number;
  readonly symmetric: boolean;
  readonly clip: 'min-max' | 'mse' | 'importance';
}

export interface UniformParameters {
  readonly scale: number;
  readonly zero: number;
}

export function codeOf(x: number, { scale, zero }: UniformParameters, bits: number): number {
  return Math.min(Math.max(roundHalfEven(x / scale) + zero, 0), 2 ** bits - 1);
}

export function valueOf(code: number, { scale, zero }: UniformParameters): number {
  return scale * (code - zero);
}

/** Scale and zero for these weights. `importance`: what squared errors weigh where the clip asks for it. */
export function fitUniform(
  x: ArrayLike<number>,
  { bits, symmetric, clip }: UniformOptions,
  importance?: ArrayLike<number>,
): UniformParameters {
  let low = 0;
  let high = 0;
  for (let i = 0; i < x.length; i++) {
    low = Math.min(low, x[i] as number);
    high = Math.max(high, x[i] as number);
  }
  if (symmetric) {
    high = Math.max(-low, high);
    if (low < 0) low = -high;
  }
  // As in the shader: so near to zero that adapters may take it for that.
  if (high - low < 1e-34) [low, high] = [-1, 1];
  const top = 2 ** bits - 1;
  const within = (share: number): UniformParameters => {
    const scale = halfStep((share * high - share * low) / top);
    return { scale, zero: symmetric ? (top + 1) / 2 : Math.min(roundHalfEven((-share * low) / scale), top) };
  };
  if (clip === 'min-max') return within(1);
  // Published constants: exponent 2.4, grid 100, largest shrink 0.8. With importance, the diagonal of H, the exponent is that of the loss.
  let best = within(1);
  let least = Infinity;
  for (let i = 0; i < 80; i++) {
    const p = within(1 - i / 100);
    let sum = 0;
    for (let j = 0; j < x.length; j++) {
      const off = Math.abs(valueOf(codeOf(x[j] as number, p, bits), p) - (x[j] as number));
      sum += clip === 'importance' ? (importance?.[j] ?? 1) * off ** 2 : off ** 2.4;
    }
    if (sum < least) {
      least = sum;
      best = p;
    }
  }
  return best;
}
