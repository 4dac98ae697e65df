/** Qwen2 and Qwen2.5 (Yang et al., 2024): a Llama with biases on queries, keys and values, and windows in some layers on request. */
import { present } from '../../util/assert';
import { llamaLike } from '../parts/llama';
import { qwenWindows } from '../parts/windows';

const usual = {
  vocab_size: 151_936,
  hidden_size: 4096,
  intermediate_size: 22_016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  max_position_embeddings: 32_768,
};

export const architecture = llamaLike({ name: 'qwen2', usual }, (fields, { layers }) => {
  const windows = qwenWindows(fields, layers);
  return {
    biases: { qkv: true, output: false, mlp: false },
    headNorms: 'none',
    window: (layer) => present(windows[layer], `window of layer ${layer}`),
  };
});
