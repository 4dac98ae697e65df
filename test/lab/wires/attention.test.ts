/** The wires inside attention: values to the output, queries against keys, and the latents that DeepSeek-V2 makes them of. */
import { describe, it } from 'vitest';
import { present } from '../../../src/util/assert';
import type { Rng } from '../../../src/util/rng';
import {
  dual,
  inPairs,
  inside,
  inverse,
  invertible,
  orthogonal,
  diagonal,
  scales,
  type Basis,
} from '../../model/basis';
import { onColumns, onRows, type HostBlock } from '../../model/hostModel';
import { cells, hold, type Edit, type Figure } from './cell';

type Make = (size: number, rng: Rng) => Basis;

const list = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
/** Each as often as query heads read it. */
const repeated = (bases: readonly Basis[], repeat: number) => bases.flatMap((basis) => list(repeat, () => basis));
const layersOf = ({ sites }: HostBlock, site: string) => sites.find(({ name }) => name === site)?.layers ?? [];
const nameAt = (block: HostBlock, site: string, at: number) => present(layersOf(block, site)[at], site).name;

/** Every value head by a matrix of its own, its inverse where the output reads it; `apart`: by that of another head. */
const throughValues =
  (make: Make, read: 'tied' | 'apart' = 'tied'): Edit =>
  ({ blocks, plan: { facts } }, rng) => {
    const { heads, keyValueHeads: count } = facts;
    for (const block of blocks) {
      const latent = layersOf(block, 'attention.latent');
      const maker = latent.length ? nameAt(block, 'attention.latent', 1) : nameAt(block, 'attention.qkv', 2);
      const bases = list(count, () => make(block.tensor(maker).rows / count, rng));
      block.makes(maker, bases);
      const own = repeated(bases, heads / count);
      block.reads(nameAt(block, 'attention.output', 0), read === 'tied' ? own : own.toReversed());
    }
  };

/** Every key head by a matrix of its own, its query heads by the inverse transposed; `of`: of these blocks alone. */
const throughScores =
  (make: Make, of: (block: number) => boolean = () => true): Edit =>
  ({ blocks, plan: { facts } }, rng) => {
    const { heads, keyValueHeads: count } = facts;
    for (const [index, block] of blocks.entries()) {
      if (!of(index)) continue;
      const [queries, keys] = [nameAt(block, 'attention.qkv', 0), nameAt(block, 'attention.qkv', 1)];
      const bases = list(count, () => make(block.tensor(keys).rows / count, rng));
      block.makes(keys, bases);
      block.makes(queries, repeated(bases.map(dual), heads / count));
    }
  };

/** Each pair that is rotated together by its own angle, or its own factor. */
const turnedPairs: Make = (size, rng) => inPairs(size, 'halves', rng, { turns: true });
const scaledPairs: Make = (size, rng) => inPairs(size, 'halves', rng, { scales: true });
const neighbours: Make = (size, rng) => inPairs(size, 'neighbours', rng, { turns: true });
/** Every fourth layer of the golden does not rotate. */
const bare = (block: number) => block === 3;
const rotating = (block: number) => block !== 3;

describe('values to the output', () => {
  const exact = ['llama', 'qwen2', 'opt', 'gpt2', 'gpt-neox', 'mixtral', 'gemma2', 'gemma3', 'olmo2', 'smollm3'];
  it.each([
    ...cells(
      [...exact, 'deepseek-v2', 'deepseek-v2-full'],
      'any matrix on every value head',
      throughValues(invertible),
    ),
    ...cells([...exact, 'deepseek-v2'], 'factors', throughValues(scales)),
    ...cells(['llama', 'qwen2', 'mixtral'], 'the inverse of another head', throughValues(invertible, 'apart'), 1),
    // Values that are kept within ± a limit have no other basis.
    ...cells(['olmoe'], 'any matrix on every value head', throughValues(invertible), 0.63),
    ...cells(['olmoe'], 'factors', throughValues(scales), 0.63),
  ])('of $golden: $change', hold);
});

/** 0.2 with matrices of 0.6 / √inputs; those of the goldens are of 1.5 / √inputs, and attention is sharper by the square. */
const scoresOff: Figure = [0.2, 0.4];

describe('queries against keys', () => {
  /** GPT-NeoX rotates the first components of a head, and not the rest. */
  const rest =
    (make: Make, rotated: number): Make =>
    (size, rng) =>
      inside(size, rotated, make(size - rotated, rng));
  const first =
    (make: Make, rotated: number): Make =>
    (size, rng) =>
      inside(size, 0, make(rotated, rng));
  it.each([
    ...cells(
      ['llama', 'qwen2', 'mistral', 'mixtral', 'gemma2'],
      'rotated in the planes that rotate',
      throughScores(turnedPairs),
    ),
    ...cells(['llama', 'qwen2', 'mistral', 'mixtral', 'gemma2'], 'a factor for each pair', throughScores(scaledPairs)),
    ...cells(['llama', 'qwen2', 'mistral', 'mixtral', 'gemma2'], 'rotated', throughScores(orthogonal), scoresOff),
    ...cells(['llama'], 'rotated in planes of neighbours', throughScores(neighbours), scoresOff),
    ...cells(['llama'], 'a factor for each component', throughScores(scales), scoresOff),
    ...cells(['gpt2', 'opt'], 'any matrix, where positions are added', throughScores(invertible)),
    ...cells(['smollm3'], 'any matrix, in the layer that does not rotate', throughScores(invertible, bare)),
    ...cells(['smollm3'], 'rotated in the planes that rotate, in the others', throughScores(turnedPairs, rotating)),
    ...cells(['smollm3'], 'rotated, in the others', throughScores(orthogonal, rotating), scoresOff),
    ...cells(['gpt-neox'], 'any matrix on what does not rotate', throughScores(rest(invertible, 4))),
    ...cells(['gpt-neox'], 'rotated in the planes that rotate', throughScores(first(turnedPairs, 4))),
    ...cells(['gpt-neox'], 'rotated', throughScores(orthogonal), scoresOff),
    // The norm of queries and keys sees the factors, its gains stand in the way of a rotation.
    ...cells(['qwen3', 'qwen3-moe'], 'a factor for each pair, before a norm', throughScores(scaledPairs), 0.46),
    ...cells(
      ['qwen3', 'qwen3-moe'],
      'rotated in the planes that rotate, before a norm',
      throughScores(turnedPairs),
      0.46,
    ),
    ...cells(['olmo2'], 'a factor for each pair, before a norm of all heads', throughScores(scaledPairs), 0.46),
    // A norm behind attention, and a limit on values, leave it less of the stream.
    ...cells(['gemma3'], 'a factor for each pair, before a norm', throughScores(scaledPairs), 0.06),
    ...cells(['gemma3'], 'rotated in the planes that rotate, before a norm', throughScores(turnedPairs), 0.06),
    ...cells(['olmoe'], 'a factor for each pair, before a norm of all heads', throughScores(scaledPairs), 0.06),
  ])('of $golden: $change', hold);
});

describe('queries against keys over latents', () => {
  interface Parts {
    readonly plain: number;
    readonly rotated: number;
    readonly heads: number;
  }
  const edited =
    (edit: (block: HostBlock, queries: string, parts: Parts, rng: Rng) => void): Edit =>
    ({ blocks, plan: { facts } }, rng) => {
      const { heads } = facts;
      for (const block of blocks) {
        const queries = nameAt(
          block,
          layersOf(block, 'attention.query').length ? 'attention.query' : 'attention.input',
          0,
        );
        const plain = block.tensor('self_attn.kv_b.key').rows / heads;
        edit(block, queries, { plain, rotated: block.tensor('self_attn.kv_a.key').rows, heads }, rng);
      }
    };
  /** What does not rotate, of every head by a matrix of its own. */
  const throughPlain = (make: Make): Edit =>
    edited((block, queries, { plain, rotated, heads }, rng) => {
      const bases = list(heads, () => make(plain, rng));
      block.makes('self_attn.kv_b.key', bases);
      block.makes(
        queries,
        bases.map((basis) => inside(plain + rotated, 0, dual(basis))),
      );
    });
  /** What rotates, of the one key that all heads have in common. */
  const throughRotated = (make: Make): Edit =>
    edited((block, queries, { plain, rotated }, rng) => {
      const basis = make(rotated, rng);
      block.makes('self_attn.kv_a.key', basis);
      block.makes(queries, inside(plain + rotated, plain, dual(basis)));
    });
  const goldens = ['deepseek-v2', 'deepseek-v2-full'];
  it.each([
    ...cells(goldens, 'any matrix on what does not rotate', throughPlain(invertible)),
    ...cells(goldens, 'rotated in planes of neighbours', throughRotated(neighbours)),
    ...cells(goldens, 'rotated in planes of halves', throughRotated(turnedPairs), scoresOff),
    ...cells(goldens, 'rotated', throughRotated(orthogonal), scoresOff),
  ])('of $golden: $change', hold);
});

describe('latents behind their norm', () => {
  const wires = [
    { maker: 'self_attn.kv_a.latent', norm: 'self_attn.kv_a_layernorm', site: 'attention.latent' },
    { maker: 'self_attn.q_a_proj', norm: 'self_attn.q_a_layernorm', site: 'attention.query' },
  ];
  const rotated =
    (gains: 'folded' | 'left'): Edit =>
    ({ blocks }, rng) => {
      for (const block of blocks) {
        for (const { maker, norm, site } of wires.filter(({ norm }) => block.content.has(norm))) {
          const { values } = block.tensor(norm);
          const basis = orthogonal(values.length, rng);
          for (const { name } of layersOf(block, site)) {
            if (gains === 'folded') onColumns(block.tensor(name), inverse(diagonal(values)));
            block.reads(name, basis);
          }
          if (gains === 'folded') values.fill(1);
          block.makes(maker, basis);
        }
      }
    };
  const scaled: Edit = ({ blocks }, rng) => {
    for (const block of blocks) {
      for (const { norm, site } of wires.filter(({ norm }) => block.content.has(norm))) {
        const basis = scales(block.tensor(norm).rows, rng);
        onRows(block.tensor(norm), basis);
        for (const { name } of layersOf(block, site)) block.reads(name, basis);
      }
    }
  };
  const goldens = ['deepseek-v2', 'deepseek-v2-full'];
  it.each([
    ...cells(goldens, 'rotated, gains folded', rotated('folded')),
    ...cells(goldens, 'rotated, gains left in the norm', rotated('left'), 0.4),
    ...cells(goldens, 'factors in the gains', scaled),
  ])('of $golden: $change', hold);
});
