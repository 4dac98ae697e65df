/**
 * Sites that read one norm: what they have to agree on (factors of its gains) is found once for all of them. Those of one point agree where
 * they are solved by one recipe; one that stays as stored takes the inverse of any factor as it is.
 */
import type { Scope } from '../gpu/buffers';
import { bindingLimit } from '../gpu/limits';
import type { OpenBlock, Site } from '../model/model';
import { siteId } from '../model/siteId';
import type { Kin } from '../quant/problem';
import { present } from '../util/assert';
import type { Bench } from './bench';
import type { BlockMoments } from './calibrate';
import { partsOf } from './parts';
import type { PreparedPoint } from './prepare';
import { openedFor, rowsOf, siteRows } from './siteProblem';

/** The sites that read the norm before this one, itself included; none where it reads it alone. */
export function readersOf(site: Site, sites: readonly Site[]): readonly Site[] {
  const { reads } = site;
  const together = reads.kind === 'stream' && reads.scales ? reads.together : undefined;
  return together ? sites.filter(({ name }) => together.includes(name)) : [];
}

/** Some sites, and of experts those beside them that see all tokens, in the order of the block. */
export function withLike(some: readonly Site[], sites: readonly Site[]): Site[] {
  const read = new Set(some.flatMap(({ name, routed }) => [name, routed?.like]));
  return sites.filter(({ name }) => read.has(name));
}

/** Moments of further sites of a block, on text that stands before it; `scope` owns them. */
export type Gather = (sites: readonly Site[], scope: Scope) => Promise<BlockMoments>;

/** Undefined where the site reads its norm alone, or the others are neither at hand nor to be gathered: then it agrees with nobody. */
export function kinOf(
  bench: Pick<Bench, 'model' | 'agreed' | 'input' | 'budgets'>,
  point: PreparedPoint,
  site: Site,
  source: OpenBlock,
  moments: BlockMoments,
  gather?: Gather,
): Kin | undefined {
  const { model, agreed, budgets } = bench;
  const { gpu } = bench.input;
  const readers = readersOf(site, model.sites(source.index));
  if (!readers.length) return undefined;
  const recipeOf = ({ name }: Site) => point.placements.get(siteId(source.index, name))?.recipe ?? null;
  const solved = readers.filter((reader) => recipeOf(reader) !== null);
  const alike = solved.every((reader) => recipeOf(reader) === recipeOf(site));
  const everywhere = readers.find(({ name, routed }) => !routed && moments.get(name)?.magnitude);
  const magnitude = everywhere && moments.get(everywhere.name)?.magnitude;
  const known = solved.every((reader) => (gather ?? moments.has(reader.name)) && fits(reader));
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
    async *problems() {
      for (const part of partsOf(solved, budgets.moments, 1)) {
        using elsewhere = gpu.scope('moments of kin');
        const some = solved.filter((reader) => part.has(reader));
        const absent = some.filter(({ name }) => !moments.has(name));
        const more = gather && absent.length ? await gather(absent, elsewhere) : moments;
        for (const reader of some) {
          const moment = moments.get(reader.name) ?? more.get(reader.name);
          const { H, tokens, factors, magnitude: mean } = present(moment, reader.name);
          using scope = gpu.scope('kin');
          const opened = await openedFor(source, reader, scope);
          const W = siteRows(gpu, opened, reader)(scope, 0, rowsOf(reader));
          yield { problem: { W, H, factors, ...(mean && { magnitude: mean }) }, tokens };
        }
      }
    },
  };
}

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
