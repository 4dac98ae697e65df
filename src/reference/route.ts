/**
 * Which experts a token goes to, and with what weights, in float64: the top k of a softmax over the router's logits (Shazeer et al., 2017),
 * on request within the groups of the best single experts (DeepSeek-AI, 2024). And the adjoint of the weights: the choice is constant but
 * where two experts are equally good. Twin of shaders/nn/route.wgsl.
 */
export interface RouteSizes {
  readonly experts: number;
  /** Experts of a token. */
  readonly count: number;
  /** Whether the chosen weights are divided by their sum + epsilon. */
  readonly normalise: boolean;
  readonly scale: number;
  readonly epsilon: number;
  readonly groups?: { readonly count: number; readonly kept: number };
}

/** logits [tokens, experts]. Returns experts [tokens, count], the best first; of equal ones the lowest index. */
export function chooseExperts(logits: ArrayLike<number>, sizes: RouteSizes): Uint32Array<ArrayBuffer> {
  const { experts, count, groups } = sizes;
  const chosen = new Uint32Array((logits.length / experts) * count);
  for (let begin = 0, out = 0; begin < logits.length; begin += experts, out += count) {
    const score = (e: number) => logits[begin + e] as number;
    // Sorting is stable: of equal scores the lowest index stays first.
    const best = (indices: Iterable<number>, score: (i: number) => number) =>
      [...indices].sort((a, b) => score(b) - score(a));
    let eligible = Array.from({ length: experts }, (_, e) => e);
    if (groups) {
      const size = experts / groups.count;
      const group = (g: number) => eligible.slice(g * size, (g + 1) * size);
      const scores = Array.from({ length: groups.count }, (_, g) => Math.max(...group(g).map(score)));
      const kept = best(scores.keys(), (g) => scores[g] as number).slice(0, groups.kept);
      eligible = kept.sort((a, b) => a - b).flatMap(group);
    }
    chosen.set(best(eligible, score).slice(0, count), out);
  }
  return chosen;
}

/** Weights [tokens, count] of a choice: scale · p, p the softmax over all experts, divided by the sum of the chosen p + ε on request. */
export function expertWeights(
  logits: ArrayLike<number>,
  chosen: ArrayLike<number>,
  sizes: RouteSizes,
): Float64Array<ArrayBuffer> {
  const weights = new Float64Array(chosen.length);
  for (const { out, p, mine, divisor } of rows(logits, chosen, sizes)) {
    mine.forEach((e, j) => (weights[out + j] = (sizes.scale * (p[e] as number)) / divisor));
  }
  return weights;
}

/**
 * From dWeights, the gradient at the weights, that at the logits. With g its entries times scale and S the divisor, the gradient at a chosen
 * p is g / S, less Σ g p / S² where S is their sum; and at a logit p (dp − Σ p dp).
 */
export function expertWeightsBack(
  logits: ArrayLike<number>,
  chosen: ArrayLike<number>,
  dWeights: ArrayLike<number>,
  sizes: RouteSizes,
): Float64Array {
  const dLogits = new Float64Array(logits.length);
  for (const { begin, out, p, mine, divisor } of rows(logits, chosen, sizes)) {
    const g = mine.map((_, j) => (sizes.scale * (dWeights[out + j] as number)) / divisor);
    const dot = (values: readonly number[]) =>
      values.reduce((sum, v, j) => sum + v * (p[mine[j] as number] as number), 0);
    const pull = sizes.normalise ? dot(g) / divisor : 0;
    const dp = g.map((v) => v - pull);
    const along = dot(dp);
    p.forEach((share, e) => (dLogits[begin + e] = -share * along));
    mine.forEach(
      (e, j) => (dLogits[begin + e] = (dLogits[begin + e] as number) + (p[e] as number) * (dp[j] as number)),
    );
  }
  return dLogits;
}

/** Per token: where its logits and choices begin, its softmax, its experts, and what their weights are divided by. */
function* rows(
  logits: ArrayLike<number>,
  chosen: ArrayLike<number>,
  { experts, count, normalise, epsilon }: RouteSizes,
) {
  for (let begin = 0, out = 0; begin < logits.length; begin += experts, out += count) {
    const row = Array.from({ length: experts }, (_, e) => logits[begin + e] as number);
    const top = Math.max(...row);
    const x = row.map((z) => Math.exp(z - top));
    const sum = x.reduce((a, b) => a + b, 0);
    const p = x.map((v) => v / sum);
    const mine = Array.from({ length: count }, (_, j) => chosen[out + j] as number);
    const divisor = normalise ? mine.reduce((total, e) => total + (p[e] as number), epsilon) : 1;
    yield { begin, out, p, mine, divisor };
  }
}
