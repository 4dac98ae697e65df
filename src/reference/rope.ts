/**
 * Rotary position embedding, half-split layout, in float64 (Su et al., 2021), and its adjoint. Twin of shaders/nn/rope.wgsl. x [tokens, heads · 2 · half] with
 * half = frequencies.length; token t has position t mod length.
 */
export function rope(
  x: ArrayLike<number>,
  frequencies: ArrayLike<number>,
  heads: number,
  length: number,
): Float64Array {
  const half = frequencies.length;
  const y = new Float64Array(x.length);
  for (let block = 0; block < x.length / (2 * half); block++) {
    const position = Math.floor(block / heads) % length;
    for (let i = 0; i < half; i++) {
      const at = block * 2 * half + i;
      const [a, b] = [x[at] as number, x[at + half] as number];
      const angle = position * (frequencies[i] as number);
      y[at] = a * Math.cos(angle) - b * Math.sin(angle);
      y[at + half] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }
  return y;
}

/** From dy, the gradient at y: dx. A rotation's adjoint turns back. */
export function ropeBack(
  dy: ArrayLike<number>,
  frequencies: ArrayLike<number>,
  heads: number,
  length: number,
): Float64Array {
  return rope(
    dy,
    Float64Array.from(frequencies, (f) => -f),
    heads,
    length,
  );
}
