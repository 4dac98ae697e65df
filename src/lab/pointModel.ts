/**
 * The model as a point has it: blocks from the checkpoint or from solved layers, resident on the GPU where they fit a budget, else
 * opened one at a time. At most one block of the checkpoint is then on the GPU beside the one that is made from it.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { stayingExperts } from '../model/stayingExperts';
import type { OpenBlock, Model, Site } from '../model/model';
import { siteId } from '../model/siteId';
import { matrixBytes } from '../model/weights';
import type { Matrix } from '../tensor/matrix';
import { present } from '../util/assert';
import type { Blocks } from './evaluate';
import { once } from './orders/once';
import { restoreSite, rowsOf, type Restorable } from './siteProblem';

/** The checkpoint's own blocks. `home` owns those that stay. */
export function sourceBlocks(model: Model, home: Scope, budget: number): Blocks {
  if (model.card.bytes > budget) {
    return { residency: 'streamed', open: (scope, index, room = budget) => model.openBlock(scope, index, room) };
  }
  const opened = new Map<number, Promise<OpenBlock>>();
  return {
    residency: 'resident',
    open: (_, index) => {
      let block = opened.get(index);
      if (!block) {
        block = model.openBlock(home, index);
        opened.set(index, block);
      }
      return block;
    },
  };
}

/** What was solved for a site, by its id; null where it stays as stored. */
export type Lookup = (site: string) => Promise<Restorable | null>;

/**
 * A block with its weights replaced by Ŵ of what was solved; all else is the source's. `room`: bytes of experts of it that may be on the GPU
 * beside the one at work. Where there are more, Ŵ of each is restored when it is asked for.
 */
export async function quantizedBlock(
  gpu: Gpu,
  scope: Scope,
  source: OpenBlock,
  lookup: Lookup,
  room = Infinity,
): Promise<OpenBlock> {
  const { index, sites, weights, expert } = source;
  type Weights = ReadonlyMap<string, Matrix>;
  /** Weights of some sites. `stored` gives them as they are, and is asked only where one stays so. */
  const replaced = async (into: Scope, some: readonly Site[], stored: () => Promise<Weights>) => {
    const all = new Map<string, Matrix>();
    const plain = once(stored);
    for (const site of some) {
      const solved = await lookup(siteId(index, site.name));
      const from = solved ? await restoreSite(gpu, into, site, solved.parts, solved.recipe) : await plain();
      for (const { name } of site.layers) all.set(name, present(from.get(name), name));
    }
    return all;
  };
  const own = () => Promise.resolve<Weights>(weights);
  const apart = sites.filter(({ routed }) => routed);
  if (!expert && floatBytes(apart) <= room) return { ...source, weights: await replaced(scope, sites, own) };
  const sitesOf = (e: number) => apart.filter(({ routed }) => routed?.expert === e);
  const outside = sites.filter(({ routed }) => !routed);
  return {
    ...source,
    weights: await replaced(scope, outside, own),
    expert: stayingExperts(
      scope,
      room,
      (e) => floatBytes(sitesOf(e)),
      (e, into) => replaced(into, sitesOf(e), expert ? () => expert(e, into) : own),
    ),
  };
}

/** Bytes of the experts of a block on the GPU as they are stored, at most. */
export function largestExperts(model: Pick<Model, 'blockCount' | 'sites' | 'stored'>): number {
  const bytesOf = (block: number) => {
    const entries = model
      .sites(block)
      .flatMap(({ name, routed }) => (routed && model.stored.get(siteId(block, name))) ?? []);
    return entries.reduce((sum, entry) => sum + matrixBytes(entry), 0);
  };
  return Math.max(...Array.from({ length: model.blockCount }, (_, block) => bytesOf(block)));
}

/** What the matrices of some sites take in float32. */
const floatBytes = (sites: readonly Site[]) => sites.reduce((sum, site) => sum + 4 * rowsOf(site) * site.cols, 0);

/** The blocks of a point. `home` owns those that stay. */
export function pointBlocks(
  gpu: Gpu,
  model: Model,
  source: Blocks,
  lookup: Lookup,
  home: Scope,
  budget: number,
): Blocks {
  const resident = source.residency === 'resident' && model.card.linearParameters * 4 <= budget;
  const opened = new Map<number, Promise<OpenBlock>>();
  // What stays is Ŵ: an expert of the source is read only where some site of it is as stored.
  const make = async (scope: Scope, index: number) =>
    quantizedBlock(gpu, scope, await source.open(scope, index, 0), lookup, resident ? Infinity : budget);
  return {
    residency: resident ? 'resident' : 'streamed',
    open: (scope, index) => {
      if (!resident) return make(scope, index);
      let block = opened.get(index);
      if (!block) {
        block = make(home, index);
        opened.set(index, block);
      }
      return block;
    },
  };
}
