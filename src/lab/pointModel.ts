/**
 * The model as a point has it: blocks from the checkpoint or from solved layers, resident on the GPU where they fit a budget, else
 * opened one at a time. At most one block of the checkpoint is then on the GPU beside the one that is made from it.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { OpenBlock, Model } from '../model/model';
import { siteId } from '../model/siteId';
import type { Matrix } from '../tensor/matrix';
import type { Blocks } from './evaluate';
import { restoreSite, type Restorable } from './siteProblem';

/** The checkpoint's own blocks. `home` owns those that stay. */
export function sourceBlocks(model: Model, home: Scope, budget: number): Blocks {
  if (model.card.bytes > budget)
    return { residency: 'streamed', open: (scope, index) => model.openBlock(scope, index) };
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

/** A block with its weights replaced by Ŵ of what was solved; all else is the source's. */
export async function quantizedBlock(gpu: Gpu, scope: Scope, source: OpenBlock, lookup: Lookup): Promise<OpenBlock> {
  const weights = new Map<string, Matrix>(source.weights);
  for (const site of source.sites) {
    const solved = await lookup(siteId(source.index, site.name));
    if (!solved) continue;
    const restored = await restoreSite(gpu, scope, site, solved.parts, solved.recipe);
    for (const [name, matrix] of restored) weights.set(name, matrix);
  }
  return { ...source, weights };
}

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
  const make = async (scope: Scope, index: number) =>
    quantizedBlock(gpu, scope, await source.open(scope, index), lookup);
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
