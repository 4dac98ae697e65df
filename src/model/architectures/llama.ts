/** LLaMA 1, 2, 3, 3.1, 3.2, TinyLlama, SmolLM, SmolLM2 (Touvron et al., 2023; Grattafiori et al., 2024). Biases are an option of the config. */
import { llamaLike } from '../parts/llama';

export const architecture = llamaLike('llama', (fields) => {
  const attention = fields.flag('attention_bias', false);
  return {
    biases: { qkv: attention, output: attention, mlp: fields.flag('mlp_bias', false) },
    headNorms: 'none',
    window: () => Infinity,
  };
});
