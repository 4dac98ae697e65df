/**
 * Sites that read one norm: what they have to agree on (factors of its gains) is found once for all of them. Those of one point agree where
 * they are solved by one recipe; one that stays as stored takes the inverse of any factor as it is.
 */
import { bindingLimit } from '../gpu/limits';
import type { OpenBlock, Site } from '../model/model';
import { siteId } from '../model/siteId';
import type { Kin } from '../quant/problem';
import { present } from '../util/assert';
import type { Bench } from './bench';
import type { BlockMoments } from './calibrate';
import type { PreparedPoint } from './prepare';
import { siteRows } from './siteProblem';

/** The sites that read the norm before this one, itself included; none where it reads it alone. */
export function readersOf(site: Site, sites: readonly Site[]): readonly Site[] {
  const { reads } = site;
  const together = reads.kind === 'stream' && reads.scales ? reads.together : undefined;
  return together ? sites.filter(({ name }) => together.includes(name)) : [];
}

/** Undefined where the site reads its norm alone, or the others are not at hand: then it agrees with nobody. */
export function kinOf(
  bench: Pick<Bench, 'model' | 'agreed' | 'input'>,
  point: PreparedPoint,
  site: Site,
  source: OpenBlock,
  moments: BlockMoments,
): Kin | undefined {
  const { model, agreed } = bench;
  const { gpu } = bench.input;
  const readers = readersOf(site, model.sites(source.index));
  if (!readers.length) return undefined;
  const recipeOf = ({ name }: Site) => point.placements.get(siteId(source.index, name))?.recipe ?? null;
  const solved = readers.filter((reader) => recipeOf(reader) !== null);
  const alike = solved.every((reader) => recipeOf(reader) === recipeOf(site));
  const everywhere = readers.find(({ name, routed }) => !routed && moments.get(name)?.magnitude);
  const magnitude = everywhere && moments.get(everywhere.name)?.magnitude;
  const known = solved.every((reader) => moments.has(reader.name) && fits(reader));
  if (!alike || !known || !magnitude) return undefined;
  const place = JSON.stringify([point.id, source.index, readers.map(({ name }) => name)]);
  return {
    magnitude,
    agree(key, make) {
      const which = `${place} ${key}`;
      const found = agreed.get(which) ?? make();
      agreed.set(which, found);
      // What failed is tried again by the next that asks.
      found.catch(() => agreed.delete(which));
      return found;
    },
    *problems() {
      for (const reader of solved) {
        const { H, tokens, factors, magnitude: mean } = present(moments.get(reader.name), reader.name);
        using scope = gpu.scope('kin');
        const W = siteRows(gpu, source, reader)(scope, 0, rowsOf(reader));
        yield { problem: { W, H, factors, ...(mean && { magnitude: mean }) }, tokens };
      }
    },
  };
}

const rowsOf = ({ layers }: Site) => layers.reduce((sum, { rows }) => sum + rows, 0);

/** Whether its weights can be bound in one piece. */
const fits = (site: Site) => 4 * rowsOf(site) * site.cols <= bindingLimit;

/**
 * Lets the moments go that no later site of the block asks for: a site's own, and what all that read one norm look at behind the last of them.
 */
export function releaseAfter(site: Site, sites: readonly Site[], moments: BlockMoments): void {
  const asksOf = (one: Site) => [one.name, ...readersOf(one, sites).map(({ name }) => name), one.routed?.like];
  const later = new Set(sites.slice(sites.indexOf(site) + 1).flatMap(asksOf));
  for (const name of new Set(asksOf(site))) if (name && !later.has(name)) moments.get(name)?.release?.();
}
