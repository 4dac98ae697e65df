/** Qwen3-MoE (Yang et al., 2025): a Qwen3 with small experts, none of them shared. Some layers may have a plain MLP. */
import { readRoute, readWidth, sparseLayers, usualNames, type Experts } from '../parts/experts';
import { llamaLike } from '../parts/llama';

export const architecture = llamaLike(
  'qwen3_moe',
  (fields) => {
    const attention = fields.flag('attention_bias', false);
    const slides = fields.flag('use_sliding_window', false) && fields.values.sliding_window !== null;
    // All layers slide or none: this config has no types of layers.
    const window = slides ? fields.integer('sliding_window', { min: 1, max: 2 ** 30, fallback: 4096 }) : Infinity;
    const sparse = sparseLayers(fields);
    const experts: Experts = {
      ...usualNames,
      rule: readRoute(fields, { experts: 128, chosen: 8 }),
      intermediate: readWidth(fields, 'moe_intermediate_size', 768),
    };
    return {
      biases: { qkv: attention, output: attention, mlp: false },
      headNorms: 'heads',
      window: () => window,
      experts: (layer) => (sparse(layer) ? experts : null),
    };
  },
  { maxContext: 32_768 },
);
