/** y = x / √(mean x² + ε) · w of every run of w.length values, in float64. Twin of shaders/nn/rms_norm.wgsl. */
export function rmsNorm(x: ArrayLike<number>, w: ArrayLike<number>, epsilon: number): Float64Array {
  const n = w.length;
  const y = new Float64Array(x.length);
  for (let begin = 0; begin < x.length; begin += n) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (x[begin + i] as number) ** 2;
    const scale = 1 / Math.sqrt(sum / n + epsilon);
    for (let i = 0; i < n; i++) y[begin + i] = (x[begin + i] as number) * scale * (w[i] as number);
  }
  return y;
}
