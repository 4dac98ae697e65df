/**
 * Attention with grouped heads, causal with a sliding window or all to all, in float64 (Vaswani et al., 2017; Ainslie et al., 2023; Beltagy et al., 2020), and
 * its adjoint. Twin of shaders/nn/attention.wgsl; the plain definition.
 */
export interface AttentionSizes {
  readonly tokens: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Of query and key heads. */
  readonly size: number;
  /** Of value heads; size when left out. */
  readonly values?: number;
  /** Tokens of a window. */
  readonly length: number;
  /** Keys that a query sees, itself included; "all" for those after it too. */
  readonly sees: number | 'all';
  /** What q·k is multiplied by; size^−½ when left out. */
  readonly scale?: number;
  /** Scores become cap · tanh(score / cap) where there is one. */
  readonly cap?: number | null;
}

/** q [tokens, heads · size]; k [tokens, keyValueHeads · size]; v [tokens, keyValueHeads · values]. Returns [tokens, heads · values]. */
export function attention(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  sizes: AttentionSizes,
): Float64Array {
  const values = sizes.values ?? sizes.size;
  const o = new Float64Array(sizes.tokens * sizes.heads * values);
  for (const { out, seen, p } of queries(q, k, sizes)) {
    p.forEach((weight, n) => {
      const value = (seen[n] as number) * values;
      for (let i = 0; i < values; i++)
        o[out * values + i] = (o[out * values + i] as number) + weight * (v[value + i] as number);
    });
  }
  return o;
}

/**
 * From dO, the gradient at the result: dQ like q, dK like k, dV like v. With p the softmax of scores s, ds = p (dp − p·dp); a cap takes
 * 1 − (s / cap)² of it.
 */
export function attentionBack(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  dO: ArrayLike<number>,
  sizes: AttentionSizes,
): { readonly dQ: Float64Array; readonly dK: Float64Array; readonly dV: Float64Array } {
  const { size, values = size, cap, scale = size ** -0.5 } = sizes;
  const dQ = new Float64Array(q.length);
  const dK = new Float64Array(k.length);
  const dV = new Float64Array(v.length);
  for (const { out, seen, scores, p } of queries(q, k, sizes)) {
    const [query, result] = [out * size, out * values];
    const dp = seen.map((key) => dot(dO, result, v, key * values, values));
    const mean = p.reduce((sum, weight, n) => sum + weight * (dp[n] as number), 0);
    seen.forEach((at, n) => {
      const weight = p[n] as number;
      const key = at * size;
      const value = at * values;
      const kept = cap ? 1 - ((scores[n] as number) / cap) ** 2 : 1;
      const ds = weight * ((dp[n] as number) - mean) * kept * scale;
      for (let i = 0; i < size; i++) {
        dQ[query + i] = (dQ[query + i] as number) + ds * (k[key + i] as number);
        dK[key + i] = (dK[key + i] as number) + ds * (q[query + i] as number);
      }
      for (let i = 0; i < values; i++) {
        dV[value + i] = (dV[value + i] as number) + weight * (dO[result + i] as number);
      }
    });
  }
  return { dQ, dK, dV };
}

/** One query head at one token. */
interface Query {
  /** Its place among the heads of all tokens: where it begins in q and in the result, over the size of a head there. */
  readonly out: number;
  /** The same of each key that it sees. */
  readonly seen: readonly number[];
  /** scale · q·k, capped, of those keys. */
  readonly scores: readonly number[];
  /** Their softmax. */
  readonly p: readonly number[];
}

function* queries(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  { tokens, heads, keyValueHeads, size, length, sees, scale = size ** -0.5, cap }: AttentionSizes,
): Generator<Query> {
  for (let t = 0; t < tokens; t++) {
    const first = Math.floor(t / length) * length;
    const start = sees === 'all' ? first : Math.max(first, t - sees + 1);
    const end = sees === 'all' ? first + length : t + 1;
    for (let h = 0; h < heads; h++) {
      const g = Math.floor(h / (heads / keyValueHeads));
      const out = t * heads + h;
      const seen = Array.from({ length: end - start }, (_, n) => (start + n) * keyValueHeads + g);
      const scores = seen.map((key) => {
        const score = scale * dot(q, out * size, k, key * size, size);
        return cap ? cap * Math.tanh(score / cap) : score;
      });
      const top = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - top));
      const total = weights.reduce((a, b) => a + b, 0);
      yield { out, seen, scores, p: weights.map((weight) => weight / total) };
    }
  }
}

/** a·b of the `size` values from `i` and `j` on. */
function dot(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, size: number): number {
  let sum = 0;
  for (let n = 0; n < size; n++) sum += (a[i + n] as number) * (b[j + n] as number);
  return sum;
}
