/** A model that was saved without its head has "layers.0…" in place of "model.layers.0…"; transformers reads it all the same. */
import type { Dialect } from '../dialect';

export const dialect: Dialect = {
  name: 'headless',
  match: (names) =>
    !names.some((name) => name.startsWith('model.')) && names.some((name) => /^(layers\.\d|embed_tokens\.)/.test(name)),
  nameOf: (stored) => (stored.startsWith('lm_head.') ? stored : `model.${stored}`),
};
