/** KL(reference ‖ own) per token and top-1 agreement from logits, in float64. Twin of shaders/nn/head_compare.wgsl. */
import { logSoftmax } from './headScore';

/** First position of the largest of `count` values from `begin`. */
function argmax(values: ArrayLike<number>, begin: number, count: number): number {
  let at = 0;
  for (let c = 1; c < count; c++) if ((values[begin + c] as number) > (values[begin + at] as number)) at = c;
  return at;
}

/** Both [tokens, vocabulary]. Returns nats and 0 or 1, each [tokens]. */
export function headCompare(
  reference: ArrayLike<number>,
  own: ArrayLike<number>,
  vocabulary: number,
): { kld: Float64Array; agree: Float64Array } {
  const tokens = own.length / vocabulary;
  const [lnP, lnQ] = [logSoftmax(reference, vocabulary), logSoftmax(own, vocabulary)];
  const kld = new Float64Array(tokens);
  const agree = new Float64Array(tokens);
  for (let t = 0; t < tokens; t++) {
    let sum = 0;
    for (let at = t * vocabulary; at < (t + 1) * vocabulary; at++) {
      const p = lnP[at] as number;
      sum += Math.exp(p) * (p - (lnQ[at] as number));
    }
    kld[t] = sum;
    agree[t] = argmax(reference, t * vocabulary, vocabulary) === argmax(own, t * vocabulary, vocabulary) ? 1 : 0;
  }
  return { kld, agree };
}
