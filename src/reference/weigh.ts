/** sigmoid(gate) · x, one gate for every row, in float64 (Yang et al., 2024), and its adjoint. Twin of shaders/nn/weigh.wgsl. */
const sigmoid = (gate: number) => 1 / (1 + Math.exp(-gate));

/** x [rows, cols], gate [rows]. */
export function weigh(x: ArrayLike<number>, gate: ArrayLike<number>): Float64Array {
  const cols = x.length / gate.length;
  return Float64Array.from(x, (v, i) => sigmoid(gate[Math.floor(i / cols)] as number) * v);
}

/** From dy, the gradient at the result. sigmoid′ = σ (1 − σ). */
export function weighBack(
  x: ArrayLike<number>,
  gate: ArrayLike<number>,
  dy: ArrayLike<number>,
): { readonly dx: Float64Array; readonly dGate: Float64Array } {
  const cols = x.length / gate.length;
  const dx = weigh(dy, gate);
  const dGate = new Float64Array(gate.length);
  for (let i = 0; i < x.length; i++) {
    const row = Math.floor(i / cols);
    const share = sigmoid(gate[row] as number);
    dGate[row] = (dGate[row] as number) + (dy[i] as number) * (x[i] as number) * share * (1 - share);
  }
  return { dx, dGate };
}
