/** Mixtral (Jiang et al., 2024): a Mistral in which every layer has eight experts, and a token goes to the two of the largest logits. */
import { readCounts, usualNames, type Experts } from '../parts/experts';
import { llamaLike } from '../parts/llama';

const layers: Experts['layers'] = (expert) => {
  const name = (layer: string) => `block_sparse_moe.experts.${expert}.${layer}`;
  return { gate: name('w1'), up: name('w3'), down: name('w2') };
};

export const architecture = llamaLike(
  'mixtral',
  (fields, { intermediate }) => {
    const window = fields.has('sliding_window') ? fields.integer('sliding_window', { min: 1, max: 2 ** 30 }) : Infinity;
    const counts = readCounts(fields, { experts: 8, chosen: 2 });
    const experts: Experts = {
      rule: { ...counts, normalise: true, scale: 1, epsilon: 0 },
      ...{ intermediate, router: 'block_sparse_moe.gate', layers, renamed: usualNames.router },
    };
    return {
      biases: { qkv: false, output: false, mlp: false },
      headNorms: 'none',
      window: () => window,
      experts: () => experts,
    };
  },
  { epsilon: 1e-5, maxContext: 131_072, rope: { base: 1_000_000 } },
);
