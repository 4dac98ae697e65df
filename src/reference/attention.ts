/** Causal attention with grouped heads and sliding window, in float64. Twin of shaders/nn/attention.wgsl; the plain definition. */
export interface AttentionSizes {
  readonly tokens: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Head size. */
  readonly size: number;
  /** Tokens of a window. */
  readonly length: number;
  /** Keys that a query sees, itself included. */
  readonly slidingWindow: number;
}

/** q [tokens, heads · size]; k, v [tokens, keyValueHeads · size]. Returns [tokens, heads · size]. */
export function attention(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  { tokens, heads, keyValueHeads, size, length, slidingWindow }: AttentionSizes,
): Float64Array {
  const o = new Float64Array(tokens * heads * size);
  for (let t = 0; t < tokens; t++) {
    const start = Math.max(Math.floor(t / length) * length, t - slidingWindow + 1);
    for (let h = 0; h < heads; h++) {
      const g = Math.floor(h / (heads / keyValueHeads));
      const query = (t * heads + h) * size;
      const key = (j: number) => (j * keyValueHeads + g) * size;
      const scores: number[] = [];
      for (let j = start; j <= t; j++) {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += (q[query + i] as number) * (k[key(j) + i] as number);
        scores.push(sum / Math.sqrt(size));
      }
      const top = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - top));
      const total = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, n) => {
        for (let i = 0; i < size; i++) {
          o[query + i] = (o[query + i] as number) + (weight / total) * (v[key(start + n) + i] as number);
        }
      });
    }
  }
  return o;
}
