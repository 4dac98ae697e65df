/** Qwen3, dense (Yang et al., 2025): no biases by default; each head of queries and keys is normed before it is rotated; own head size. */
import { present } from '../../util/assert';
import { llamaLike } from '../parts/llama';
import { qwenWindows } from '../parts/windows';

export const architecture = llamaLike(
  'qwen3',
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
