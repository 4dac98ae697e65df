/** gate · sigmoid(gate) · up in float64. Twin of shaders/nn/silu_multiply.wgsl. */
export function siluMultiply(gate: ArrayLike<number>, up: ArrayLike<number>): Float64Array {
  return Float64Array.from(gate, (g, i) => (g / (1 + Math.exp(-g))) * (up[i] as number));
}
