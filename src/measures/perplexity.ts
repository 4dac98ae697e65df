/** exp of the mean loss per token, and the loss per byte in bits. Intervals are those of the mean loss, and so not symmetric. */
import { estimate } from '../log/statistics';
import type { Measure } from './measure';

export const perplexity: Measure = ({ bytesPerToken }) => {
  const losses: Float32Array[] = [];
  const bits = (nats: number) => nats / Math.LN2 / bytesPerToken;
  return {
    add: ({ nll }) => void losses.push(nll),
    values() {
      const { mean, low, high } = estimate(losses);
      return {
        perplexity: { mean: Math.exp(mean), low: Math.exp(low), high: Math.exp(high) },
        bitsPerByte: { mean: bits(mean), low: bits(low), high: bits(high) },
      };
    },
  };
};
