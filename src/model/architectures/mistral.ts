/** Mistral 7B and its kin (Jiang et al., 2023): a Llama whose queries see a sliding window of keys, where the config names one. */
import { llamaLike } from '../parts/llama';

const usual = {
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 131_072,
};

export const architecture = llamaLike({ name: 'mistral', usual }, (fields) => {
  // A missing field means the 4096 of the first release, null means none: as transformers reads it.
  const window =
    fields.values.sliding_window === null
      ? Infinity
      : fields.integer('sliding_window', { min: 1, max: 2 ** 30, fallback: 4096 });
  return { biases: { qkv: false, output: false, mlp: false }, headNorms: 'none', window: () => window };
});
