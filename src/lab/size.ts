/** What a point takes to store, in bits, and beside its layers to run: solved sites as exported, everything else as the checkpoint has it. Pure. */
import type { Model } from '../model/model';
import { embeddingSite, headSite, isTable, siteId } from '../model/siteId';
import type { Size } from '../log/events';
import type { Account } from './accounts';

/** `bits`, `operations`: by site, of what was replaced. */
export function sizeOf(
  model: Pick<Model, 'card' | 'stored' | 'sites' | 'blockCount'>,
  { bits, operations }: Pick<Account, 'bits' | 'operations'>,
): Size {
  const { card, stored } = model;
  let all = 8 * card.bytes;
  let linear = 0;
  for (const [site, entries] of stored) {
    const before = entries.reduce((sum, { bytes }) => sum + 8 * bytes, 0);
    const now = bits.get(site) ?? before;
    all += now - before;
    if (!isTable(site)) linear += now;
  }
  const running = runningOf(model, operations);
  return {
    bitsPerWeight: linear / card.linearParameters,
    bitsPerWeightAll: all / card.parameters,
    megabytes: all / 8e6,
    ...(running > 0 && { operations: running }),
  };
}

/** Operations a token of all sites: an expert's run for those tokens alone that reach it. */
function runningOf(
  { sites, blockCount }: Pick<Model, 'sites' | 'blockCount'>,
  operations: ReadonlyMap<string, number>,
): number {
  let sum = (operations.get(embeddingSite) ?? 0) + (operations.get(headSite) ?? 0);
  for (let block = 0; block < blockCount; block++) {
    for (const { name, routed } of sites(block)) {
      sum += (routed?.share ?? 1) * (operations.get(siteId(block, name)) ?? 0);
    }
  }
  // What all experts have together is whole, but for rounding.
  return Math.round(sum);
}
