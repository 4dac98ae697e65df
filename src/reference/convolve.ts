/**
 * Causal convolution of every channel over the tokens of its window, in float64, and its adjoint. Twin of shaders/nn/convolve.wgsl.
 * x [tokens, channels], w [channels, taps], bias [channels] or null: y[t, c] = bias[c] + Σ_j w[c, j] x[t − taps + 1 + j, c], with zeros
 * before the window.
 */
export interface ConvolveSizes {
  readonly channels: number;
  readonly taps: number;
  /** Tokens of a window. */
  readonly length: number;
}

export function convolve(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  sizes: ConvolveSizes,
): Float64Array {
  const y = Float64Array.from(x, (_, at) => bias?.[at % sizes.channels] ?? 0);
  for (const [to, tap, from] of pairs(x.length, sizes)) {
    y[to] = (y[to] as number) + (w[tap] as number) * (x[from] as number);
  }
  return y;
}

/** From dy, the gradient at y: dx like x, dw like w, and db of a bias. */
export function convolveBack(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  dy: ArrayLike<number>,
  sizes: ConvolveSizes,
): { readonly dx: Float64Array; readonly dw: Float64Array; readonly db: Float64Array } {
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  const db = new Float64Array(sizes.channels);
  for (let at = 0; at < dy.length; at++) {
    const c = at % sizes.channels;
    db[c] = (db[c] as number) + (dy[at] as number);
  }
  for (const [to, tap, from] of pairs(x.length, sizes)) {
    const d = dy[to] as number;
    dx[from] = (dx[from] as number) + d * (w[tap] as number);
    dw[tap] = (dw[tap] as number) + d * (x[from] as number);
  }
  return { dx, dw, db };
}

/** Every product: its place in y, in w and in x. */
function* pairs(count: number, { channels, taps, length }: ConvolveSizes): Generator<[number, number, number]> {
  for (let to = 0; to < count; to++) {
    const position = Math.floor(to / channels) % length;
    for (let back = Math.min(position, taps - 1); back >= 0; back--) {
      yield [to, (to % channels) * taps + taps - 1 - back, to - back * channels];
    }
  }
}
