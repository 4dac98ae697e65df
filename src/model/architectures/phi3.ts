/**
 * Phi-3 (Abdin et al., 2024): a Llama without biases whose queries, keys and values are stored as one tensor, and gate and up as another; where
 * the config names a window, all layers slide.
 */
import { llamaLike } from '../parts/llama';

export const architecture = llamaLike(
  'phi3',
  (fields) => {
    const window = fields.has('sliding_window') ? fields.integer('sliding_window', { min: 1, max: 2 ** 30 }) : Infinity;
    return {
      biases: { qkv: false, output: false, mlp: false },
      headNorms: false,
      window: () => window,
      stored: 'fused',
    };
  },
  { epsilon: 1e-5 },
);
