/**
 * Causal attention with grouped heads and sliding window, in float64 (Vaswani et al., 2017; Ainslie et al., 2023; Beltagy et al., 2020), and
 * its adjoint. Twin of shaders/nn/attention.wgsl; the plain definition.
 */
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
  sizes: AttentionSizes,
): Float64Array {
  const { size } = sizes;
  const o = new Float64Array(q.length);
  for (const { query, keys, p } of queries(q, k, sizes)) {
    p.forEach((weight, n) => {
      const key = keys[n] as number;
      for (let i = 0; i < size; i++) o[query + i] = (o[query + i] as number) + weight * (v[key + i] as number);
    });
  }
  return o;
}

/** From dO, the gradient at the result: dQ like q, dK like k, dV like v. With p the softmax of scores s, ds = p (dp − p·dp). */
export function attentionBack(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  dO: ArrayLike<number>,
  sizes: AttentionSizes,
): { readonly dQ: Float64Array; readonly dK: Float64Array; readonly dV: Float64Array } {
  const { size } = sizes;
  const dQ = new Float64Array(q.length);
  const dK = new Float64Array(k.length);
  const dV = new Float64Array(v.length);
  for (const { query, keys, p } of queries(q, k, sizes)) {
    const dp = keys.map((key) => dot(dO, query, v, key, size));
    const mean = p.reduce((sum, weight, n) => sum + weight * (dp[n] as number), 0);
    keys.forEach((key, n) => {
      const weight = p[n] as number;
      const ds = (weight * ((dp[n] as number) - mean)) / Math.sqrt(size);
      for (let i = 0; i < size; i++) {
        dQ[query + i] = (dQ[query + i] as number) + ds * (k[key + i] as number);
        dK[key + i] = (dK[key + i] as number) + ds * (q[query + i] as number);
        dV[key + i] = (dV[key + i] as number) + weight * (dO[query + i] as number);
      }
    });
  }
  return { dQ, dK, dV };
}

/** One query head at one token. */
interface Query {
  /** Where it begins in q and in the result. */
  readonly query: number;
  /** Where each key that it sees begins in k, and the value in v. */
  readonly keys: readonly number[];
  /** Softmax of the scores q·k/√size over those keys. */
  readonly p: readonly number[];
}

function* queries(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  { tokens, heads, keyValueHeads, size, length, slidingWindow }: AttentionSizes,
): Generator<Query> {
  for (let t = 0; t < tokens; t++) {
    const start = Math.max(Math.floor(t / length) * length, t - slidingWindow + 1);
    for (let h = 0; h < heads; h++) {
      const g = Math.floor(h / (heads / keyValueHeads));
      const query = (t * heads + h) * size;
      const keys = Array.from({ length: t - start + 1 }, (_, n) => ((start + n) * keyValueHeads + g) * size);
      const scores = keys.map((key) => dot(q, query, k, key, size) / Math.sqrt(size));
      const top = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - top));
      const total = weights.reduce((a, b) => a + b, 0);
      yield { query, keys, p: weights.map((weight) => weight / total) };
    }
  }
}

/** a·b of the `size` values from `i` and `j` on. */
function dot(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, size: number): number {
  let sum = 0;
  for (let n = 0; n < size; n++) sum += (a[i + n] as number) * (b[j + n] as number);
  return sum;
}
