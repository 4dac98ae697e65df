/**
 * OLMo 2 (OLMo team, 2024): a Llama whose norms stand behind attention and MLP, which read the bare stream; queries and keys are normed, all
 * heads at once.
 */
import { llamaLike } from '../parts/llama';

const usual = {
  vocab_size: 50_304,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

export const architecture = llamaLike(
  { name: 'olmo2', usual },
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
