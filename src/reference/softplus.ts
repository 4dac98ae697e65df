/**
 * ln(1 + e^(x + b)) in float64, kept within [low, high], and its adjoint. Twin of shaders/nn/softplus.wgsl. x [rows, cols], bias [cols].
 */
export interface SoftplusLimits {
  readonly low: number;
  readonly high: number;
}

export function softplus(
  x: ArrayLike<number>,
  bias: ArrayLike<number>,
  { low, high }: SoftplusLimits = { low: 0, high: Infinity },
): Float64Array {
  return Float64Array.from(x, (v, at) => Math.min(high, Math.max(low, of(v + (bias[at % bias.length] as number)))));
}

/** From dy, the gradient at y: dx like x and db like bias. softplus′ = sigmoid; beyond a limit it is 0. */
export function softplusBack(
  x: ArrayLike<number>,
  bias: ArrayLike<number>,
  dy: ArrayLike<number>,
  { low, high }: SoftplusLimits = { low: 0, high: Infinity },
): { readonly dx: Float64Array; readonly db: Float64Array } {
  const dx = new Float64Array(x.length);
  const db = new Float64Array(bias.length);
  for (let at = 0; at < x.length; at++) {
    const column = at % bias.length;
    const v = (x[at] as number) + (bias[column] as number);
    const y = of(v);
    if (y < low || y > high) continue;
    dx[at] = (dy[at] as number) / (1 + Math.exp(-v));
    db[column] = (db[column] as number) + (dx[at] as number);
  }
  return { dx, db };
}

const of = (v: number): number => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
