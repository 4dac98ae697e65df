/** cap · tanh(factor · z / cap), or factor · z without a cap, in float64 (Gemma 2, 2024). Twin of shaders/nn/scale_cap.wgsl. */
export function scaleCap(z: ArrayLike<number>, factor: number, cap: number | null): Float64Array {
  return Float64Array.from(z, (v) => (cap === null ? factor * v : cap * Math.tanh((factor * v) / cap)));
}
