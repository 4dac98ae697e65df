/** Qwen2 and Qwen2.5 (Yang et al., 2024): a Llama with biases on queries, keys and values, and windows in some layers on request. */
import { present } from '../../util/assert';
import { llamaLike } from '../parts/llama';
import { qwenWindows } from '../parts/windows';

export const architecture = llamaLike('qwen2', (fields, { layers }) => {
  const windows = qwenWindows(fields, layers);
  return {
    biases: { qkv: true, output: false, mlp: false },
    headNorms: 'none',
    window: (layer) => present(windows[layer], `window of layer ${layer}`),
  };
});
