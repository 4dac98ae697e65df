/** The wires inside an MLP: what its last layer reads. */
import { describe, it } from 'vitest';
import { present } from '../../../src/util/assert';
import type { Rng } from '../../../src/util/rng';
import { diagonal, orthogonal, permutation, randomFactors, scales, type Basis } from '../../model/basis';
import { turnBefore } from '../../model/blocksAround';
import { cells, hold, type Edit } from './cell';

type Make = (size: number, rng: Rng) => Basis;

/** Of every MLP and every expert: rows of the layer before its last one, and the inverse where that reads them; `gates`: those of the gate too. */
const through =
  (make: Make, gates: 'gates' | 'alone' = 'alone'): Edit =>
  ({ blocks }, rng) => {
    for (const block of blocks) {
      for (const { name, layers, cols } of block.sites.filter(({ name }) => name.endsWith('.down'))) {
        const before = present(
          block.sites.find((site) => site.name === name.replace('.down', '.gate-up')) ??
            block.sites.find((site) => site.name === name.replace('.down', '.up')),
          name,
        );
        const basis = make(cols, rng);
        for (const layer of gates === 'gates' ? before.layers : before.layers.slice(-1)) block.makes(layer.name, basis);
        for (const layer of layers) block.reads(layer.name, basis);
      }
    }
  };

/** A rotation when the model runs, undone by the columns. */
const turned: Edit = ({ blocks }, rng) => {
  for (const block of blocks) {
    for (const { name, layers, cols } of block.sites.filter(({ name }) => name.endsWith('.down'))) {
      const basis = orthogonal(cols, rng);
      turnBefore(block, name, basis);
      for (const layer of layers) block.reads(layer.name, basis);
    }
  }
};

/** Factors whose layer has a bias that does not take them. */
const withoutBias: Edit = ({ blocks }, rng) => {
  for (const block of blocks) {
    const basis = scales(block.tensor('fc1').rows, rng);
    const bias = block.tensor('fc1.bias').values.slice();
    block.makes('fc1', basis);
    block.tensor('fc1.bias').values.set(bias);
    block.reads('fc2', basis);
  }
};

const signed: Make = (size, rng) => diagonal(randomFactors(size, rng).map((s, i) => (i % 2 ? -s : s)));

const gated = ['llama', 'llama-biased', 'gemma2', 'gemma3', 'phi3', 'olmo2'];
const experts = ['mixtral', 'mixtral-fused', 'qwen2-moe', 'qwen3-moe', 'olmoe', 'deepseek', 'deepseek-v2-full'];

describe('up to down', () => {
  it.each([
    ...cells([...gated, ...experts], 'factors', through(scales)),
    ...cells([...gated, ...experts], 'negative factors', through(signed)),
    ...cells([...gated, ...experts], 'channels in another order, of the gate too', through(permutation, 'gates')),
    ...cells([...gated, 'mixtral'], 'rotated', through(orthogonal), 0.6),
    ...cells([...gated, 'mixtral'], 'rotated, the gate too', through(orthogonal, 'gates'), 0.6),
    ...cells([...gated, ...experts], 'rotated when the model runs', turned),
  ])('of $golden: $change', hold);
});

describe('fc1 to fc2', () => {
  const relu = ['opt', 'opt-post'];
  const gelu = ['gpt2-scaled', 'gpt-neox', 'gpt-neox-serial', 'opt-plain'];
  it.each([
    ...cells(relu, 'positive factors', through(scales)),
    ...cells(relu, 'positive factors, the bias forgotten', withoutBias, 0.1),
    ...cells(relu, 'negative factors', through(signed), 0.6),
    ...cells(gelu, 'positive factors', through(scales), 0.24),
    // What comes to its activation is small, where GELU is nearly a line.
    ...cells(['gpt2'], 'positive factors', through(scales), 0.06),
    ...cells([...relu, ...gelu], 'rotated', through(orthogonal), 0.6),
    ...cells([...relu, ...gelu], 'rotated when the model runs', turned),
  ])('of $golden: $change', hold);
});
