/** LLaMA 1, 2, 3, 3.1, 3.2, TinyLlama, SmolLM, SmolLM2 (Touvron et al., 2023; Grattafiori et al., 2024). Biases are an option of the config. */
import { llamaLike } from '../parts/llama';

const usual = {
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};

export const architecture = llamaLike({ name: 'llama', usual }, (fields) => {
  const attention = fields.flag('attention_bias', false);
  return {
    biases: { qkv: attention, output: attention, mlp: fields.flag('mlp_bias', false) },
    headNorms: 'none',
    window: () => Infinity,
  };
});
