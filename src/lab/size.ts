/** What a point takes to store, in bits: solved sites as exported, everything else as the checkpoint stores it. Pure. */
import type { Model } from '../model/model';
import { isTable } from '../model/siteId';
import type { Size } from '../log/events';

/** `solved`: storage bits by site, of what was replaced. */
export function sizeOf({ card, stored }: Pick<Model, 'card' | 'stored'>, solved: ReadonlyMap<string, number>): Size {
  let all = 8 * card.bytes;
  let linear = 0;
  for (const [site, entries] of stored) {
    const before = entries.reduce((sum, { bytes }) => sum + 8 * bytes, 0);
    const now = solved.get(site) ?? before;
    all += now - before;
    if (!isTable(site)) linear += now;
  }
  return {
    bitsPerWeight: linear / card.linearParameters,
    bitsPerWeightAll: all / card.parameters,
    megabytes: all / 8e6,
  };
}
