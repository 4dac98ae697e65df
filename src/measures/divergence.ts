/**
 * Against full precision, token by token, so that what text and window have in common cancels: the difference of losses, which is the
 * logarithm of the ratio of perplexities, and KL(full precision ‖ quantized), its mean and its 99th percentile.
 */
import type { Values } from '../log/events';
import { estimate, mergeSorted, quantile } from '../log/statistics';
import { notBelow } from './interval';
import type { Measure } from './measure';

export const divergence: Measure = () => {
  const differences: Float64Array[] = [];
  const divergences: Float32Array[] = [];
  /** Every token's divergence, ascending. */
  let sorted: Float32Array<ArrayBufferLike> = new Float32Array(0);
  return {
    add({ nll, base, kld }) {
      if (!base || !kld) return;
      differences.push(Float64Array.from(nll, (v, i) => v - (base[i] as number)));
      divergences.push(kld);
      sorted = mergeSorted(sorted, kld.slice().sort());
    },
    values(): Values {
      if (!differences.length) return {};
      return {
        lnRatio: estimate(differences),
        kld: notBelow(0, estimate(divergences)),
        kld99: { mean: quantile(sorted, 0.99), low: NaN, high: NaN },
      };
    },
  };
};
