/** Mistral 7B and its kin (Jiang et al., 2023): a Llama whose queries see a sliding window of keys, where the config names one. */
import { llamaLike } from '../parts/llama';

export const architecture = llamaLike('mistral', (fields) => {
  // A missing field means the 4096 of the first release, null means none: as transformers reads it.
  const window =
    fields.values.sliding_window === null
      ? Infinity
      : fields.integer('sliding_window', { min: 1, max: 2 ** 30, fallback: 4096 });
  return { biases: { qkv: false, output: false, mlp: false }, headNorms: 'none', window: () => window };
});
