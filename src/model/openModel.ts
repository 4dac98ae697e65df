/** A checkpoint as a Model: blocks that are uploaded one by one and run on batches of windows. Holds no weights itself. */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { bindingLimit } from '../gpu/limits';
import type { Matrix } from '../tensor/matrix';
import { ropeTable } from '../tensor/nn/rope';
import { assert, present } from '../util/assert';
import { GpuError } from '../util/errors';
import { describeModel } from './describeModel';
import { embedFrom, embedStored } from './embed';
import { createHead } from './head';
import type { Batch, Model, OpenBlock, Tap } from './model';
import { located, openPlan, wanted, type Plan } from './plan';
import { rotaryFrequencies } from './rotary';
import { runBlock } from './run';
import { embeddingSite, headSite, siteId } from './siteId';
import type { RotaryRule } from './steps';
import { uploadTensor, uploadVector } from './weights';

/** Rotation tables of an open block in the block's own scope, by rule and window length. */
interface Rotations {
  readonly scope: Scope;
  readonly tables: Map<string, Matrix>;
}

/** Tensors of what recipes may replace. */
function storedBySite(checkpoint: Checkpoint, { blocks, tables, tied }: Plan): Model['stored'] {
  const stored = new Map<string, readonly TensorEntry[]>([[embeddingSite, [wanted(checkpoint, tables.embedding)]]]);
  for (const [index, { sites, tensors }] of blocks.entries()) {
    for (const { name, layers } of sites) {
      const entries = layers.map((layer) => {
        const { from, shape } = present(
          tensors.find(({ key }) => key === layer.name),
          layer.name,
        );
        return located(checkpoint, from, shape);
      });
      stored.set(siteId(index, name), entries);
    }
  }
  // A head that config.json ties but that is stored with other values counts like any other.
  if (!tied) stored.set(headSite, [wanted(checkpoint, tables.head)]);
  return stored;
}

/** FormatError when config and tensors do not fit together; GpuError `too-big` when the adapter cannot hold a part of the model. */
export async function openModel(gpu: Gpu, checkpoint: Checkpoint): Promise<Model> {
  const plan = await openPlan(checkpoint);
  const card = await describeModel(checkpoint, gpu.card.limits);
  if (card.verdict.kind === 'too-big') {
    throw new GpuError('too-big', `${card.name} is too big: ${card.verdict.reason}. Choose a smaller model.`, {
      model: card.name,
    });
  }
  const { blocks, tables, head } = plan;
  const embedding = wanted(checkpoint, tables.embedding);
  // Keyed by `others`, which a block with replaced weights shares with the one it was made from.
  const rotations = new WeakMap<OpenBlock['others'], Rotations>();

  const rotation = (block: OpenBlock, rule: RotaryRule, length: number): Matrix => {
    const { scope, tables } = present(rotations.get(block.others), `block ${block.index} of this model`);
    const key = JSON.stringify([rule, length]);
    let table = tables.get(key);
    if (!table) {
      table = ropeTable(scope, rotaryFrequencies(rule.rope, rule.size, length), length);
      tables.set(key, table);
    }
    return table;
  };

  const block = (index: number) => present(blocks[index], `block ${index} of ${blocks.length}`);
  const widest = Math.max(card.hidden, ...blocks.flatMap(({ sites }) => sites.map(({ cols }) => cols)));

  return {
    card,
    blockCount: blocks.length,
    stored: storedBySite(checkpoint, plan),
    sites: (index) => block(index).sites,
    maxTokens: Math.floor(bindingLimit / (4 * widest)),

    embed: async (scope, ids, table) =>
      table ? embedFrom(gpu, scope, table, ids) : embedStored(gpu, scope, embedding, ids),

    openEmbedding: (scope) => uploadTensor(gpu, scope, embedding),

    async openBlock(scope, index) {
      const { tensors, sites } = block(index);
      const weights = new Map<string, Matrix>();
      const others = new Map<string, Matrix>();
      for (const { key, from, shape, role } of tensors) {
        const stored = located(checkpoint, from, shape);
        if (role === 'linear') weights.set(key, await uploadTensor(gpu, scope, stored));
        else others.set(key, await uploadVector(scope, stored));
      }
      rotations.set(others, { scope, tables: new Map() });
      return { index, sites, weights, others };
    },

    async forward(scope: Scope, open: OpenBlock, hidden: Matrix, batch: Batch, tap?: Tap) {
      const { windows, length } = batch;
      assert(hidden.rows === windows * length, `${windows}×${length} tokens in ${hidden.rows} rows`);
      const { block: steps, uses } = block(open.index);
      const table = (rule: RotaryRule) => rotation(open, rule, length);
      return runBlock(gpu, scope, steps, hidden, { open, batch, uses, table, tap });
    },

    async openHead(scope) {
      const { gains, rule } = head;
      return createHead(gpu, {
        norm: await uploadVector(scope, wanted(checkpoint, { name: gains.from.tensor, shape: [gains.width] })),
        weight: await uploadTensor(gpu, scope, wanted(checkpoint, tables.head)),
        epsilon: rule.epsilon,
      });
    },
  };
}
