/**
 * Phi-3 and Phi-4-mini (Abdin et al., 2024): a Llama without biases whose queries, keys and values are stored as one tensor, and gate and up as
 * another; where the config names a window, all layers slide. Contexts are stretched by longrope, which older files call "su" or "yarn"; a part
 * of each head may be rotated.
 */
import { llamaLike } from '../parts/llama';

const usual = {
  vocab_size: 32_064,
  hidden_size: 3072,
  intermediate_size: 8192,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

export const architecture = llamaLike(
  { name: 'phi3', usual },
  (fields) => {
    const window = fields.has('sliding_window') ? fields.integer('sliding_window', { min: 1, max: 2 ** 30 }) : Infinity;
    return {
      biases: { qkv: false, output: false, mlp: false },
      headNorms: 'none',
      window: () => window,
      stored: 'fused',
    };
  },
  { epsilon: 1e-5, maxContext: 4096, rope: { partial: 1, longrope: ['su', 'yarn'] } },
);
