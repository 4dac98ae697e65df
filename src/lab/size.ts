/** What a point takes to store, in bits, and beside its layers to run: solved sites as exported, everything else as the checkpoint has it. Pure. */
import type { Model } from '../model/model';
import { isTable } from '../model/siteId';
import type { Size } from '../log/events';
import type { Account } from './accounts';

/** `bits`, `operations`: by site, of what was replaced. */
export function sizeOf(
  { card, stored }: Pick<Model, 'card' | 'stored'>,
  { bits, operations }: Pick<Account, 'bits' | 'operations'>,
): Size {
  let all = 8 * card.bytes;
  let linear = 0;
  for (const [site, entries] of stored) {
    const before = entries.reduce((sum, { bytes }) => sum + 8 * bytes, 0);
    const now = bits.get(site) ?? before;
    all += now - before;
    if (!isTable(site)) linear += now;
  }
  const running = [...operations.values()].reduce((sum, count) => sum + count, 0);
  return {
    bitsPerWeight: linear / card.linearParameters,
    bitsPerWeightAll: all / card.parameters,
    megabytes: all / 8e6,
    ...(running > 0 && { operations: running }),
  };
}
