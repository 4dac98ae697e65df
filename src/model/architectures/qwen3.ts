/** Qwen3, dense (Yang et al., 2025): no biases by default; each head of queries and keys is normed before it is rotated; own head size. */
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

export const architecture = llamaLike(
  { name: 'qwen3', usual },
  (fields, { layers }) => {
    const windows = qwenWindows(fields, layers);
    const attention = fields.flag('attention_bias', false);
    return {
      biases: { qkv: attention, output: attention, mlp: false },
      headNorms: 'heads',
      window: (layer) => present(windows[layer], `window of layer ${layer}`),
    };
  },
  { headSize: 128 },
);
