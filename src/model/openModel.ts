/** A checkpoint as a Model: blocks that are uploaded one by one and run on batches of windows. Holds no weights itself. */
import type { Checkpoint } from '../formats/checkpoint';
import { requireTensor } from '../formats/openCheckpoint';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { bindingLimit } from '../gpu/limits';
import { emptyMatrix, type Matrix } from '../tensor/matrix';
import { ropeTable } from '../tensor/nn/rope';
import { assert, present } from '../util/assert';
import { GpuError } from '../util/errors';
import { blockPrefix, blockTensors, outerTensors, sitesOf } from './blueprint';
import { describeModel } from './describeModel';
import { embedFrom, embedStored } from './embed';
import { createHead } from './head';
import type { Batch, Block, Model, Tap } from './model';
import { openConfig } from './openConfig';
import { architectureOf } from './parseConfig';
import { rotaryFrequencies } from './rotary';
import { createSteps } from './steps';
import { uploadTensor, uploadVector } from './weights';

/** Rotation tables of an open block, by window length, in the block's own scope. */
interface Rotations {
  readonly scope: Scope;
  readonly tables: Map<number, Matrix>;
}

/** FormatError when config and tensors do not fit together; GpuError `too-big` when the adapter cannot hold a part of the model. */
export async function openModel(gpu: Gpu, checkpoint: Checkpoint): Promise<Model> {
  const config = await openConfig(checkpoint);
  const architecture = architectureOf(checkpoint.config);
  const card = await describeModel(checkpoint, gpu.card.limits);
  if (card.verdict.kind === 'too-big') {
    throw new GpuError('too-big', `${card.name} is too big: ${card.verdict.reason}. Choose a smaller model.`, {
      model: card.name,
    });
  }
  const outer = outerTensors(config, checkpoint);
  const tensors = blockTensors(config);
  const entry = ({ name, shape }: { name: string; shape: readonly number[] }) => requireTensor(checkpoint, name, shape);
  // Keyed by `others`, which a block with replaced weights shares with the one it was made from.
  const rotations = new WeakMap<Block['others'], Rotations>();

  const rotation = (block: Block, length: number): Matrix => {
    const { scope, tables } = present(rotations.get(block.others), `block ${block.index} of this model`);
    let table = tables.get(length);
    if (!table) {
      table = ropeTable(scope, rotaryFrequencies(config.rope, config.headSize, length), length);
      tables.set(length, table);
    }
    return table;
  };

  const widest = Math.max(config.hidden, config.intermediate, config.heads * config.headSize);

  return {
    card,
    blockCount: config.layers,
    sites: sitesOf(config),
    maxTokens: Math.floor(bindingLimit / (4 * widest)),

    embed: async (scope, ids, table) =>
      table ? embedFrom(gpu, scope, table, ids) : embedStored(gpu, scope, entry(outer.embedding), ids),

    openEmbedding: (scope) => uploadTensor(gpu, scope, entry(outer.embedding)),

    async openBlock(scope, index) {
      assert(index >= 0 && index < config.layers, `block ${index} of ${config.layers}`);
      const weights = new Map<string, Matrix>();
      const others = new Map<string, Matrix>();
      for (const { key, name, shape, role } of tensors) {
        const stored = entry({ name: blockPrefix(index) + name, shape });
        if (role === 'linear') weights.set(key, await uploadTensor(gpu, scope, stored));
        else others.set(key, await uploadVector(scope, stored));
      }
      rotations.set(others, { scope, tables: new Map() });
      return { index, weights, others };
    },

    forward(scope: Scope, block: Block, hidden: Matrix, batch: Batch, tap?: Tap) {
      assert(
        hidden.rows === batch.windows * batch.length,
        `${batch.windows}×${batch.length} tokens in ${hidden.rows} rows`,
      );
      const result = emptyMatrix(scope, hidden.rows, hidden.cols, 'hidden states');
      gpu.copy(hidden.view, result.view);
      const place = { config, block, batch, ropeTable: rotation(block, batch.length), tap };
      for (const half of ['attention', 'mlp'] as const) {
        {
          using local = gpu.scope(`block ${block.index} ${half}`);
          architecture[half](createSteps(gpu, local, place), result);
        }
        // Submitting lets the next half re-use this one's memory.
        gpu.flush();
      }
      return result;
    },

    async openHead(scope) {
      return createHead(gpu, {
        norm: await uploadVector(scope, entry(outer.norm)),
        weight: await uploadTensor(gpu, scope, entry(outer.head)),
        epsilon: config.epsilon,
      });
    },
  };
}
