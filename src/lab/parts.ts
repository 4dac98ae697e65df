/**
 * Parts of a block whose moments fit a budget, where those of all its sites do not: experts are calibrated and solved a few at a time, and the text
 * goes through the block once for each part. Pure.
 */
import type { Site } from '../model/model';

/** Some of the sites of a block, in the order in which they are solved. */
export interface Part {
  readonly has: (site: Site) => boolean;
  /** Into how many the block is divided; 1 where that is all of it. */
  readonly of: number;
}

export const whole: Part = { has: () => true, of: 1 };

/** Bytes of H, one more of all tokens where an expert has none that reads the same rows, and of what is derived from it in `bases` bases. */
const bytesOf = ({ cols, routed }: Site, bases: number) =>
  4 * cols ** 2 * ((routed?.like === null ? 2 : 1) + 2 * bases);

/** Sites in their order, as many experts' together as `budget` bytes hold, one site at least. Those of no expert are few, and divide nothing. */
export function partsOf(sites: readonly Site[], budget: number, bases: number): readonly Part[] {
  const groups: Site[][] = [[]];
  let bytes = 0;
  for (const site of sites) {
    const own = bytesOf(site, bases);
    if (site.routed && bytes > 0 && bytes + own > budget) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(site);
    bytes += own;
  }
  if (groups.length === 1) return [whole];
  return groups.map((group) => ({ has: (site) => group.includes(site), of: groups.length }));
}
