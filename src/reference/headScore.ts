/** −ln p(target) per token from logits, in float64. Twin of shaders/nn/head_score.wgsl. */

/** ln p of every vocabulary entry, for each row of logits [tokens, vocabulary]. */
export function logSoftmax(logits: ArrayLike<number>, vocabulary: number): Float64Array {
  const y = new Float64Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += vocabulary) {
    let top = -Infinity;
    for (let c = 0; c < vocabulary; c++) top = Math.max(top, logits[begin + c] as number);
    let sum = 0;
    for (let c = 0; c < vocabulary; c++) sum += Math.exp((logits[begin + c] as number) - top);
    for (let c = 0; c < vocabulary; c++) y[begin + c] = (logits[begin + c] as number) - top - Math.log(sum);
  }
  return y;
}

/** logits [tokens, vocabulary], targets [tokens]. Returns nats [tokens]. */
export function headScore(logits: ArrayLike<number>, targets: ArrayLike<number>, vocabulary: number): Float64Array {
  const logs = logSoftmax(logits, vocabulary);
  return Float64Array.from(targets, (target, t) => -(logs[t * vocabulary + target] as number));
}
