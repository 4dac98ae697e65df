/**
 * y = x / √(mean x² + ε) · w of every run of n values, in float64 (Zhang and Sennrich, 2019), and its adjoint; runs take the gains in turn. Twin of
 * shaders/nn/rms_norm.wgsl.
 */
export function rmsNorm(x: ArrayLike<number>, w: ArrayLike<number>, epsilon: number, n = w.length): Float64Array {
  const y = new Float64Array(x.length);
  for (let begin = 0; begin < x.length; begin += n) {
    const scale = scaleOf(x, begin, n, epsilon);
    for (let i = 0; i < n; i++) {
      y[begin + i] = (x[begin + i] as number) * scale * (w[(begin + i) % w.length] as number);
    }
  }
  return y;
}

/** From dy, the gradient at y: dx like x and dw like w. With r the scale of a run, dx = r (w dy − x r² mean(w dy x)). */
export function rmsNormBack(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  epsilon: number,
  dy: ArrayLike<number>,
  n = w.length,
): { readonly dx: Float64Array; readonly dw: Float64Array } {
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  for (let begin = 0; begin < x.length; begin += n) {
    const scale = scaleOf(x, begin, n, epsilon);
    let along = 0;
    const gain = (i: number) => w[(begin + i) % w.length] as number;
    for (let i = 0; i < n; i++) along += gain(i) * (dy[begin + i] as number) * (x[begin + i] as number);
    const pull = (along / n) * scale ** 2;
    for (let i = 0; i < n; i++) {
      const [xi, di] = [x[begin + i] as number, dy[begin + i] as number];
      dx[begin + i] = scale * (gain(i) * di - xi * pull);
      const at = (begin + i) % w.length;
      dw[at] = (dw[at] as number) + di * xi * scale;
    }
  }
  return { dx, dw };
}

function scaleOf(x: ArrayLike<number>, begin: number, n: number, epsilon: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (x[begin + i] as number) ** 2;
  return 1 / Math.sqrt(sum / n + epsilon);
}
