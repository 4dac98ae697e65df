/** Share of the choices of experts that are not those of full precision: over tokens, and the layers that choose. */
import type { Values } from '../log/events';
import { estimate } from '../log/statistics';
import { within } from './interval';
import type { Measure } from './measure';

export const routing: Measure = () => {
  const shares: Float32Array[] = [];
  return {
    add({ rerouted }) {
      if (rerouted) shares.push(rerouted);
    },
    values: (): Values => (shares.length ? { rerouted: within(0, 1, estimate(shares)) } : {}),
  };
};
