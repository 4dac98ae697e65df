/**
 * How far a changed model is from the model: one window goes through both, block by block. In exact arithmetic a change that neighbours take
 * leaves nothing: what is left then is float32 rounding.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Head, Model, OpenBlock, Site } from '../model/model';
import { readMatrix, rowRange, uploadMatrix, type Matrix } from '../tensor/matrix';
import { splitRows } from '../tensor/pieces';
import { assert, present } from '../util/assert';
import { openedFor } from './siteProblem';

/** What is changed; memory is the given scope's. */
export interface Change {
  /** States before the first block, from the model's own: another matrix, and so behind the last block. */
  readonly start: (scope: Scope, plain: Matrix) => Matrix;
  /** The block is opened for this alone: its vectors may be written over. */
  readonly block: (scope: Scope, block: OpenBlock) => Promise<OpenBlock>;
  readonly end: (scope: Scope, changed: Matrix) => Matrix;
}

/** What both models are run with. */
export interface Comparing {
  /** The model's own. */
  readonly head: Head;
  readonly signal: AbortSignal;
  /** Bytes of experts that may be on the GPU beside the one at work; of all when left out. */
  readonly room?: number;
}

/**
 * The block with other matrices in place of its sites': `change` makes them, stacked, from the source with the site's weights at hand. Those
 * of experts are made when they are asked for, where the block opens them so.
 */
export async function withChanged(
  gpu: Gpu,
  scope: Scope,
  block: OpenBlock,
  change: (local: Scope, source: OpenBlock, site: Site) => Promise<Matrix>,
): Promise<OpenBlock> {
  const { sites, expert } = block;
  const changed = async (into: Scope, some: readonly Site[]) => {
    const weights = new Map<string, Matrix>();
    for (const site of some) {
      using local = gpu.scope('changed site');
      const { layers } = site;
      const stacked = await change(local, await openedFor(block, site, local), site);
      const counts = layers.map(({ rows }) => rows);
      splitRows(gpu, into, stacked, counts).forEach((matrix, i) =>
        weights.set(present(layers[i], 'layer').name, matrix),
      );
    }
    return weights;
  };
  const weights = await changed(scope, expert ? sites.filter(({ routed }) => !routed) : sites);
  if (!expert) return { ...block, weights };
  const one = (e: number, into: Scope) =>
    changed(
      into,
      sites.filter(({ routed }) => routed?.expert === e),
    );
  return { ...block, weights, expert: one };
}

/** Nats a token. Float32 rounding alone gave at most 1.2e-11 (tiny models, the demo); a value bias left unrotated gave 4. */
export const mostKld = 1e-5;

/** Mean KL divergence of the changed model from the model, nats a token, over all ids of the window but its first. */
export async function divergenceOf(
  gpu: Gpu,
  model: Model,
  ids: Uint32Array,
  change: Change,
  { head, signal, room }: Comparing,
): Promise<number> {
  assert(ids.length >= 2 && ids.length <= model.maxTokens, `a window of ${ids.length} ids`);
  using scope = gpu.scope('changed model');
  let plain = await model.embed(scope, ids, ids.length);
  let changed = change.start(scope, plain);
  const batch = { windows: 1, length: ids.length };
  for (let index = 0; index < model.blockCount; index++) {
    using opened = gpu.scope('changed block');
    const block = await model.openBlock(opened, index, room);
    const pass = (of: OpenBlock, hidden: Matrix) => model.forward(scope, of, hidden, batch, undefined, { signal });
    const next = await pass(block, plain);
    const other = await pass(await change.block(opened, block), changed);
    for (const { view: old } of [plain, changed]) scope.free(old.buffer);
    [plain, changed] = [next, other];
    await gpu.pace(signal);
  }
  const back = change.end(scope, changed);
  const scored = ids.length - 1;
  const targets = uploadMatrix(scope, ids.slice(1), scored, 1, 'targets');
  const { kld } = head.compare(scope, rowRange(plain, 0, scored), rowRange(back, 0, scored), targets);
  return (await readMatrix(gpu, kld)).reduce((sum, v) => sum + v, 0) / scored;
}
