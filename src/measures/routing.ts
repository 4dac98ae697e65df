/** Share of the choices of experts that are not those of full precision: over tokens, and the blocks that choose; and for each of these alone. */
import type { ByBlock, Values } from '../log/events';
import { estimate } from '../log/statistics';
import { within } from './interval';
import type { Measure } from './measure';

export const routing: Measure = () => {
  /** Of every window, for every token the share of the blocks in which it goes elsewhere. */
  const shares: Float32Array[] = [];
  const changes = new Map<number, Uint8Array[]>();
  return {
    add({ rerouted }) {
      if (!rerouted?.size) return;
      const all = [...rerouted.values()];
      for (const [block, changed] of rerouted) changes.set(block, [...(changes.get(block) ?? []), changed]);
      const among = ({ length }: Uint8Array) =>
        Float32Array.from({ length }, (_, token) => all.reduce((sum, of) => sum + (of[token] ?? 0), 0) / all.length);
      shares.push(among(all[0] as Uint8Array));
    },
    values: (): Values => (shares.length ? { rerouted: within(0, 1, estimate(shares)) } : {}),
    byBlock: (): ByBlock =>
      changes.size === 0
        ? {}
        : { rerouted: [...changes].map(([block, of]) => ({ block, ...within(0, 1, estimate(of)) })) },
  };
};
