/** Values kept within ±limit, in float64 (Muennighoff et al., 2024), and the adjoint. Twin of shaders/nn/clamp.wgsl. */
export function clamp(x: ArrayLike<number>, limit: number): Float64Array {
  return Float64Array.from(x, (v) => Math.min(Math.max(v, -limit), limit));
}

/** From dy, the gradient at the result: none passes where a value was beyond the limit. */
export function clampBack(x: ArrayLike<number>, limit: number, dy: ArrayLike<number>): Float64Array {
  return Float64Array.from(dy, (d, i) => (Math.abs(x[i] as number) <= limit ? d : 0));
}
