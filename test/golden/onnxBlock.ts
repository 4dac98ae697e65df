/**
 * A small block as an ONNX file for other readers (onnx_block.py): every step and option that the Llama family has, in 16 columns.
 *
 * usage: node src/cli/engine.mjs test/golden/onnxBlock.ts     (writes onnx/block.onnx beside itself; then run onnx_block.py)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/formats/checkpoint';
import type { OnnxModel } from '../../src/formats/onnx/onnxModel';
import { graphOf } from '../../src/model/graph';
import { openPlan, planOf } from '../../src/model/plan';
import { present } from '../../src/util/assert';
import { createRng, hash32 } from '../../src/util/rng';
import { bytesOf } from '../formats/onnxSession';
import { smallLlama, syntheticCheckpoint } from '../model/synthetic';
import { withWeights } from '../model/withWeights';
import { normals } from '../opCase';

export const folder = join(import.meta.dirname, 'onnx');

/** Head norms, biases on all of attention, grouped heads, and a window shorter than the tokens. */
const config = {
  ...smallLlama,
  model_type: 'qwen3',
  head_dim: 8,
  attention_bias: true,
  use_sliding_window: true,
  sliding_window: 3,
  max_window_layers: 1,
};

/** Tokens of a window. */
export const length = 7;

/** The block that slides. */
export const blockIndex = 1;

/** Normal weights, large enough that the block changes its input by about as much as that is, and gains that are not all 1. */
export async function goldenCheckpoint(): Promise<Checkpoint> {
  const { blocks } = await planOf(config);
  const changes = blocks[blockIndex]!.tensors.map(({ key, from: source, role }) => {
    const from = present(source, key);
    const edit = (bytes: Uint8Array<ArrayBuffer>) => {
      const values = new Float32Array(bytes.buffer);
      const random = normals(createRng(hash32(from.tensor)), values.length, 0.25);
      values.set(role === 'norm' ? random.map((x) => 1 + x) : random);
    };
    return [from.tensor, { edit }] as const;
  });
  return syntheticCheckpoint(config, 'F32', Object.fromEntries(changes));
}

export async function goldenBlock(): Promise<OnnxModel> {
  const checkpoint = await goldenCheckpoint();
  const { blocks, facts } = await openPlan(checkpoint);
  return withWeights(await graphOf(blocks[blockIndex]!.block, facts.hidden, length), checkpoint);
}

export async function main(): Promise<number> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'block.onnx'), await bytesOf(await goldenBlock()));
  return 0;
}
