/**
 * The model as a point has it: blocks from the checkpoint or from solved layers, resident on the GPU where they fit a budget, else
 * opened one at a time. At most one block of the checkpoint is then on the GPU beside the one that is made from it.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { OpenBlock, Model, Site } from '../model/model';
import type { Recipe } from '../quant/recipe/recipe';
import type { Matrix } from '../tensor/matrix';
import type { Blocks } from './evaluate';
import { restoreSite, type Solved } from './layers';

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

/** What was solved for a site of a block. */
export type Lookup = (index: number, site: Site) => Promise<Solved>;

/** A block with its weights replaced by Ŵ of what was solved; norms and biases are the source's. */
export async function quantizedBlock(
  gpu: Gpu,
  scope: Scope,
  source: OpenBlock,
  lookup: Lookup,
  recipe: Recipe,
): Promise<OpenBlock> {
  const weights = new Map<string, Matrix>();
  for (const site of source.sites) {
    const { parts } = await lookup(source.index, site);
    for (const [name, matrix] of await restoreSite(gpu, scope, site, parts, recipe)) weights.set(name, matrix);
  }
  return { ...source, weights };
}

/** The blocks of a point. `home` owns those that stay. */
export function pointBlocks(
  gpu: Gpu,
  model: Model,
  source: Blocks,
  lookup: Lookup,
  recipe: Recipe,
  home: Scope,
  budget: number,
): Blocks {
  const resident = source.residency === 'resident' && model.card.linearParameters * 4 <= budget;
  const opened = new Map<number, Promise<OpenBlock>>();
  const make = async (scope: Scope, index: number) =>
    quantizedBlock(gpu, scope, await source.open(scope, index), lookup, recipe);
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
