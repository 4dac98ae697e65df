/**
 * The activations of transformers in float64 and their adjoints, alone and as the gate of a product (Shazeer, 2020). Twin of
 * shaders/lib/activation.wgsl.
 */
import type { Activation } from '../util/activation';

interface Curve {
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** x · sigmoid(a x), slope σ (1 + a x (1 − σ)). */
const swish = (a: number): Curve => ({
  value: (x) => x / (1 + Math.exp(-a * x)),
  slope: (x) => sigmoid(a * x) * (1 + a * x * (1 - sigmoid(a * x))),
});

/** √(2/π) (x + 0.044715 x³). */
const bent = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

const curves: Readonly<Record<Activation, Curve>> = {
  silu: swish(1),
  relu: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  gelu: {
    value: (x) => x * normalShare(x),
    slope: (x) => normalShare(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
  'gelu-tanh': {
    value: (x) => 0.5 * x * (1 + Math.tanh(bent(x))),
    slope: (x) => {
      const t = Math.tanh(bent(x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  },
  'quick-gelu': swish(1.702),
};

/** Φ(x) = (1 + erf(x/√2)) / 2: by the series of erf near zero, by the continued fraction of erfc beyond. About 1e-15. */
function normalShare(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  if (z < 2.5) {
    // erf z = 2/√π e^(−z²) Σ 2ⁿ z^(2n+1) / (1·3·…·(2n+1)): every term is positive.
    let term = z;
    let sum = z;
    for (let n = 1; term > sum * 1e-17; n++) sum += term *= (2 * z * z) / (2 * n + 1);
    const erf = (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
    return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (z + fraction);
  const tail = Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction) / 2;
  return x < 0 ? tail : 1 - tail;
}

export function activate(act: Activation, x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, curves[act].value);
}

/** From dy, the gradient at act(x): dx. */
export function activateBack(act: Activation, x: ArrayLike<number>, dy: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value, i) => (dy[i] as number) * curves[act].slope(value));
}

/** act(gate) · up. */
export function gateMultiply(act: Activation, gate: ArrayLike<number>, up: ArrayLike<number>): Float64Array {
  return Float64Array.from(gate, (g, i) => curves[act].value(g) * (up[i] as number));
}

/** From dy, the gradient at act(gate) · up. */
export function gateMultiplyBack(
  act: Activation,
  gate: ArrayLike<number>,
  up: ArrayLike<number>,
  dy: ArrayLike<number>,
): { readonly dGate: Float64Array; readonly dUp: Float64Array } {
  const { value, slope } = curves[act];
  const each = (of: (g: number, u: number, d: number) => number) =>
    Float64Array.from(gate, (g, i) => of(g, up[i] as number, dy[i] as number));
  return { dGate: each((g, u, d) => d * u * slope(g)), dUp: each((g, _, d) => d * value(g)) };
}
