/** The residual stream: which models take another basis, by what, and what shows where something is forgotten. */
import { describe, it } from 'vitest';
import { orthogonal, scales } from '../../model/basis';
import { turnBehind } from '../../model/blocksAround';
import type { HostModel } from '../../model/hostModel';
import { cells, hold, type Edit } from './cell';
import { scaleNorms, turnStream, type Forgotten } from './stream';

const width = (model: HostModel) => model.plan.facts.hidden;

const rotated =
  (forgotten: Forgotten = {}): Edit =>
  (model, rng) =>
    turnStream(model, orthogonal(width(model), rng), forgotten);

const scaled =
  (forgotten: Forgotten = {}): Edit =>
  (model, rng) =>
    scaleNorms(model, () => scales(width(model), rng), forgotten);

/** Offline but for one matrix behind each branch's norm, so that what writes the branch keeps its basis. */
const rotatedBehind: Edit = (model, rng) => {
  const basis = orthogonal(width(model), rng);
  const writers = model.blocks.flatMap(({ sites }) => sites.flatMap(({ layers }) => layers.map(({ name }) => name)));
  turnStream(model, basis, { writers });
  for (const block of model.blocks) {
    turnBehind(block, ['post_attention_layernorm', 'post_feedforward_layernorm'], basis);
  }
};

const llamas = ['llama', 'llama-biased', 'qwen2', 'qwen3', 'mistral', 'smollm3', 'phi3', 'granite'];
const gated = ['qwen2-moe', 'qwen2-moe-sparse'];
const experts = [...gated, 'mixtral', 'mixtral-fused', 'qwen3-moe', 'olmoe', 'deepseek', 'deepseek-v2-full'];
const layered = ['gpt2', 'opt', 'gpt-neox', 'gpt-neox-serial'];
const states = ['mamba', 'mamba-biased', 'falcon-mamba', 'mamba2', 'mamba2-groups'];
const branched = ['gemma2', 'gemma3', 'olmo2'];

describe('the residual stream behind rms norms', () => {
  it.each([
    ...cells([...llamas, ...experts, ...states], 'rotated', rotated()),
    ...cells(llamas, 'rotated, gains not folded', rotated({ gains: true }), 0.7),
    ...cells(experts, 'rotated, the router forgotten', rotated({ sites: ['mlp.router'] }), [0.27, 0.52]),
    // 0.13 with matrices of 0.6 / √inputs; those of the goldens are of 1.5 / √inputs, and an expert has three of them in a row.
    ...cells(
      gated,
      'rotated, the gate of the shared expert forgotten',
      rotated({ sites: ['shared.gate'] }),
      [0.13, 0.5],
    ),
    ...cells([...llamas, ...experts, ...states], 'factors', scaled()),
    ...cells(experts, 'factors, the router forgotten', scaled({ sites: ['mlp.router'] }), [0.25, 0.53]),
    ...cells(gated, 'factors, the gate of the shared expert forgotten', scaled({ sites: ['shared.gate'] }), 0.13),
  ])('of $golden: $change', hold);
});

describe('the residual stream behind layer norms', () => {
  it.each([
    // The second of OPT has norms without gains and layers without biases.
    ...cells([...layered, 'opt-plain'], 'rotated', rotated()),
    ...cells([...layered, 'opt-plain'], 'rotated, means left in the table', rotated({ means: 'start' }), 0.2),
    ...cells([...layered, 'opt-plain'], 'rotated, means left in the layers', rotated({ means: 'layers' }), 0.2),
    ...cells(layered, 'rotated, biases of norms not folded', rotated({ normBiases: true }), 0.6),
    ...cells(layered, 'rotated, biases of layers forgotten', rotated({ biases: true }), 0.4),
    ...cells(layered, 'factors', scaled()),
    ...cells(layered, 'factors, biases of norms forgotten', scaled({ normBiases: true }), 0.3),
  ])('of $golden: $change', hold);
});

describe('the residual stream with norms behind its branches', () => {
  it.each([
    // The norm's gains lie in the residual itself.
    ...cells(['opt-post'], 'rotated', rotated({ gains: true }), 1),
    ...cells(['opt-post'], 'factors', scaled(), 0.6),
    ...cells(branched, 'rotated', rotated(), [0.3, 0.53]),
    ...cells(branched, 'rotated, in part by a matrix behind each branch', rotatedBehind),
    ...cells(['gemma2', 'gemma3'], 'factors', scaled()),
    // Nothing stands before what reads the stream.
    ...cells(['olmo2'], 'factors', scaled(), 0.6),
  ])('of $golden: $change', hold);
});
