/** Gemma 2 (Gemma team, 2024): scores and logits within soft caps; every other layer, the first among them, sees a window. */
import { present } from '../../util/assert';
import { capOf, gemmaDefaults, gemmaParticulars } from '../parts/gemma';
import { llamaLike } from '../parts/llama';

export const architecture = llamaLike(
  'gemma2',
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
