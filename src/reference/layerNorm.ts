/**
 * y = (x − mean) / √(variance + ε) · w + b of every run of w.length values, in float64 (Ba et al., 2016), and its adjoint. Twin of
 * shaders/nn/layer_norm.wgsl.
 */
export function layerNorm(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number>,
  epsilon: number,
): Float64Array {
  const n = w.length;
  const y = new Float64Array(x.length);
  for (let begin = 0; begin < x.length; begin += n) {
    const { mean, scale } = statistics(x, begin, n, epsilon);
    for (let i = 0; i < n; i++) {
      y[begin + i] = ((x[begin + i] as number) - mean) * scale * (w[i] as number) + (b[i] as number);
    }
  }
  return y;
}

/** From dy: dx like x, dw and db like w. With u the normalised values of a run: dx = scale (w dy − mean(w dy) − u mean(w dy u)). */
export function layerNormBack(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  epsilon: number,
  dy: ArrayLike<number>,
): { readonly dx: Float64Array; readonly dw: Float64Array; readonly db: Float64Array } {
  const n = w.length;
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(n);
  const db = new Float64Array(n);
  for (let begin = 0; begin < x.length; begin += n) {
    const { mean, scale } = statistics(x, begin, n, epsilon);
    const unit = (i: number) => ((x[begin + i] as number) - mean) * scale;
    const pull = (i: number) => (w[i] as number) * (dy[begin + i] as number);
    let [sum, along] = [0, 0];
    for (let i = 0; i < n; i++) {
      sum += pull(i);
      along += pull(i) * unit(i);
      dw[i] = (dw[i] as number) + (dy[begin + i] as number) * unit(i);
      db[i] = (db[i] as number) + (dy[begin + i] as number);
    }
    for (let i = 0; i < n; i++) dx[begin + i] = scale * (pull(i) - sum / n - (unit(i) * along) / n);
  }
  return { dx, dw, db };
}

function statistics(x: ArrayLike<number>, begin: number, n: number, epsilon: number) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x[begin + i] as number;
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((x[begin + i] as number) - mean) ** 2;
  return { mean, scale: 1 / Math.sqrt(squares / n + epsilon) };
}
