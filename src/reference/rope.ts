/**
 * Rotary position embedding in float64 (Su et al., 2021), and its adjoint. Twin of shaders/nn/rope.wgsl. x [tokens, heads · size]; of each head
 * 2 · frequencies.length components are rotated; token t has position t mod length.
 */
export interface RopeSizes {
  /** Components of a head, and the first that is rotated. */
  readonly size: number;
  readonly begin: number;
  readonly pairs: 'halves' | 'neighbours';
  readonly heads: number;
  /** Tokens of a window. */
  readonly length: number;
  /** Cosines and sines are multiplied by it. */
  readonly magnitude: number;
}

export function rope(x: ArrayLike<number>, frequencies: ArrayLike<number>, sizes: RopeSizes): Float64Array {
  const { size, begin, pairs, heads, length, magnitude } = sizes;
  const half = frequencies.length;
  const [step, apart] = pairs === 'halves' ? [1, half] : [2, 1];
  const y = Float64Array.from(x);
  for (let head = 0; head < x.length / size; head++) {
    const position = Math.floor(head / heads) % length;
    for (let i = 0; i < half; i++) {
      const at = head * size + begin + i * step;
      const [a, b] = [x[at] as number, x[at + apart] as number];
      const angle = position * (frequencies[i] as number);
      const [cosine, sine] = [magnitude * Math.cos(angle), magnitude * Math.sin(angle)];
      y[at] = a * cosine - b * sine;
      y[at + apart] = b * cosine + a * sine;
    }
  }
  return y;
}

/** From dy, the gradient at y: dx. A rotation's adjoint turns back. */
export function ropeBack(dy: ArrayLike<number>, frequencies: ArrayLike<number>, sizes: RopeSizes): Float64Array {
  return rope(
    dy,
    Float64Array.from(frequencies, (f) => -f),
    sizes,
  );
}
