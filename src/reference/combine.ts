/**
 * What one expert made of its tokens, weighted and added to what others made, in float64, and its adjoint. Twin of shaders/nn/combine.wgsl.
 */

/** One expert's choices, token · count + rank each, no token twice. */
export interface CombineSizes {
  readonly choices: ArrayLike<number>;
  /** Experts of a token. */
  readonly count: number;
}

/** y [tokens, cols], x [choices, cols], weights [tokens, count]. Returns y with weights[choice] · x[i, :] added at each choice's token. */
export function combine(
  y: ArrayLike<number>,
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  { choices, count }: CombineSizes,
): Float64Array {
  const sum = Float64Array.from(y);
  const cols = x.length / choices.length;
  for (let i = 0; i < choices.length; i++) {
    const choice = choices[i] as number;
    const out = Math.floor(choice / count) * cols;
    for (let c = 0; c < cols; c++) {
      sum[out + c] = (sum[out + c] as number) + (weights[choice] as number) * (x[i * cols + c] as number);
    }
  }
  return sum;
}

/** From dy, the gradient at the sum and so at y: dx like x and dWeights like weights. */
export function combineBack(
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  dy: ArrayLike<number>,
  { choices, count }: CombineSizes,
): { readonly dx: Float64Array; readonly dWeights: Float64Array } {
  const dx = new Float64Array(x.length);
  const dWeights = new Float64Array(weights.length);
  const cols = x.length / choices.length;
  for (let i = 0; i < choices.length; i++) {
    const choice = choices[i] as number;
    const out = Math.floor(choice / count) * cols;
    let along = 0;
    for (let c = 0; c < cols; c++) {
      const d = dy[out + c] as number;
      dx[i * cols + c] = (weights[choice] as number) * d;
      along += d * (x[i * cols + c] as number);
    }
    dWeights[choice] = along;
  }
  return { dx, dWeights };
}
