/** Conversions between float32 and the two 16-bit formats, by bits; Node 20 has no Float16Array. */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** IEEE binary16 bits → float. Exact. */
export function f16ToF32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Float → binary16 bits, round half to even; overflow gives infinity. */
export function f32ToF16(value: number): number {
  f32[0] = value;
  const x = u32[0] as number;
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: the value is a count of 2^-24 steps; half-to-even by the remainder.
    const scaled = Math.abs(value) * 2 ** 24;
    return sign | roundHalfEven(scaled);
  }
  const rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** The half-precision number next to a float32, as a float; what overflows is the largest. Twin of `half` in shaders/lib/half.wgsl. */
export function nearestHalf(x: number): number {
  const bits = f32ToF16(x);
  return (bits & 0x7fff) === 0x7c00 ? Math.sign(x) * largestHalf : f16ToF32(bits);
}

/** A positive step as a half: never 0, so that weights can be divided by it. Twin of `half_step`. */
export const halfStep = (x: number): number => Math.max(nearestHalf(x), 2 ** -24);

/** bfloat16 bits → float. Exact. */
export function bf16ToF32(bits: number): number {
  u32[0] = bits << 16;
  return f32[0] as number;
}

/** Round half to even, as WGSL's `round` and PyTorch's; JavaScript's own rounds half up. */
export function roundHalfEven(x: number): number {
  const r = Math.round(x);
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

/** Range of normal halves. */
const [smallestHalf, largestHalf] = [2 ** -14, 65_504];

/** The normal half nearest to a positive scale: neither 0 nor infinity. */
export const halfScale = (s: number): number => f16ToF32(f32ToF16(Math.min(Math.max(s, smallestHalf), largestHalf)));
