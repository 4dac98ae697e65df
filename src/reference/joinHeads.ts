/**
 * Heads of columns of their own and of columns that all heads have in common, in float64 (DeepSeek-AI, 2024), and the adjoint. Twin of
 * shaders/nn/join_heads.wgsl.
 */
export interface JoinSizes {
  readonly tokens: number;
  readonly heads: number;
}

/** own [tokens, heads · n], rest [tokens, m]. Returns [tokens, heads · (n + m)]. */
export function joinHeads(own: ArrayLike<number>, rest: ArrayLike<number>, sizes: JoinSizes): Float64Array {
  const y = new Float64Array(own.length + sizes.heads * rest.length);
  for (const { from, at, to } of places(own.length, rest.length, sizes)) {
    y[to] = (from === 'own' ? own : rest)[at] as number;
  }
  return y;
}

/** From dy, the gradient at the result: dOwn like own, and dRest like rest, added up over the heads. */
export function joinHeadsBack(
  dy: ArrayLike<number>,
  restLength: number,
  sizes: JoinSizes,
): { readonly dOwn: Float64Array; readonly dRest: Float64Array } {
  const dOwn = new Float64Array(dy.length - sizes.heads * restLength);
  const dRest = new Float64Array(restLength);
  for (const { from, at, to } of places(dOwn.length, restLength, sizes)) {
    const gradient = from === 'own' ? dOwn : dRest;
    gradient[at] = (gradient[at] as number) + (dy[to] as number);
  }
  return { dOwn, dRest };
}

/** Where every value of the result comes from. */
function* places(ownLength: number, restLength: number, { tokens, heads }: JoinSizes) {
  const [n, m] = [ownLength / (tokens * heads), restLength / tokens];
  for (let strand = 0, to = 0; strand < tokens * heads; strand++) {
    for (let i = 0; i < n; i++, to++) yield { from: 'own', at: strand * n + i, to } as const;
    for (let i = 0; i < m; i++, to++) yield { from: 'rest', at: Math.floor(strand / heads) * m + i, to } as const;
  }
}
