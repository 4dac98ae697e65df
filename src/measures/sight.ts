/** Losses of texts behind other pictures than their own, and what their own save: each text's two windows come in the same order. */
import type { Values } from '../log/events';
import { estimate } from '../log/statistics';
import type { Gathering, Measure } from './measure';

export const sight: Measure = ({ shown }) => {
  const own: Float32Array[] = [];
  const others: Float32Array[] = [];
  const gathering: Gathering = {
    add: ({ nll }) => void (shown && own.push(nll)),
    addOther: ({ picture, nll }) => void (picture === 'other' && others.push(nll)),
    values(): Values {
      const both = Math.min(own.length, others.length);
      if (both === 0) return {};
      const { mean, low, high } = estimate(others);
      const saved = others.slice(0, both).map((nll, i) => nll.map((loss, at) => loss - (own[i]?.[at] ?? NaN)));
      return {
        otherPicture: { mean: Math.exp(mean), low: Math.exp(low), high: Math.exp(high) },
        sight: estimate(saved),
      };
    },
  };
  return gathering;
};
