/** Gemma 2 (Gemma team, 2024): scores and logits within soft caps; every other layer, the first among them, sees a window. */
import { present } from '../../util/assert';
import { capOf, gemmaDefaults, gemmaParticulars } from '../parts/gemma';
import { llamaLike } from '../parts/llama';

const usual = {
  vocab_size: 256_000,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
};

export const architecture = llamaLike(
  { name: 'gemma2', usual },
  (fields, decoder) => {
    const { windows, scores, ...common } = gemmaParticulars(fields, decoder, (layer) => layer % 2 === 1);
    return {
      ...common,
      headNorms: 'none',
      scores: { ...scores, ...capOf(fields, 'attn_logit_softcapping', 50) },
      logits: capOf(fields, 'final_logit_softcapping', 30),
      window: (layer) => present(windows[layer], `window of layer ${layer}`),
    };
  },
  gemmaDefaults({}),
);
