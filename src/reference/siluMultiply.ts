/** gate · sigmoid(gate) · up in float64 (Shazeer, 2020), and its adjoint. Twin of shaders/nn/silu_multiply.wgsl. */
export function siluMultiply(gate: ArrayLike<number>, up: ArrayLike<number>): Float64Array {
  return Float64Array.from(gate, (g, i) => (g / (1 + Math.exp(-g))) * (up[i] as number));
}

/** From dy, the gradient at y. silu′ = σ (1 + gate (1 − σ)), σ = sigmoid(gate). */
export function siluMultiplyBack(
  gate: ArrayLike<number>,
  up: ArrayLike<number>,
  dy: ArrayLike<number>,
): { readonly dGate: Float64Array; readonly dUp: Float64Array } {
  const dGate = new Float64Array(gate.length);
  const dUp = new Float64Array(gate.length);
  for (let i = 0; i < gate.length; i++) {
    const [g, d] = [gate[i] as number, dy[i] as number];
    const sigmoid = 1 / (1 + Math.exp(-g));
    dGate[i] = d * (up[i] as number) * sigmoid * (1 + g * (1 - sigmoid));
    dUp[i] = d * g * sigmoid;
  }
  return { dGate, dUp };
}
