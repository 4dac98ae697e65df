/**
 * OLMo 2 (OLMo team, 2024): a Llama whose norms stand behind attention and MLP, which read the bare stream; queries and keys are normed, all
 * heads at once.
 */
import { llamaLike } from '../parts/llama';

export const architecture = llamaLike(
  'olmo2',
  (fields) => {
    const attention = fields.flag('attention_bias', false);
    return {
      biases: { qkv: attention, output: attention, mlp: false },
      headNorms: 'all',
      window: () => Infinity,
      norms: { before: {}, behind: { attention: 'post_attention_layernorm', mlp: 'post_feedforward_layernorm' } },
    };
  },
  { epsilon: 1e-5 },
);
