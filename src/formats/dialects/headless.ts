/**
 * A model that was saved without its head lacks the first word of its names: "layers.0…" in place of "model.layers.0…". transformers reads it all
 * the same.
 */
import type { Dialect } from '../dialect';

interface Family {
  /** The word that is missing. */
  readonly prefix: string;
  /** Names that only this family begins with. */
  readonly begins: RegExp;
}

/** The first that fits is meant. */
const families: readonly Family[] = [
  { prefix: 'transformer.', begins: /^(wte\.|h\.\d+\.(attn|ln_1)\.)/ },
  { prefix: 'gpt_neox.', begins: /^(embed_in\.|layers\.\d+\.attention\.)/ },
  { prefix: 'backbone.', begins: /^(embeddings\.|layers\.\d+\.mixer\.)/ },
  { prefix: 'model.', begins: /^(layers\.\d|embed_tokens\.|decoder\.(layers|embed_tokens)\.)/ },
];

const outside = /^(lm_head|embed_out)\./;

export const dialect: Dialect = {
  name: 'headless',
  read(names) {
    const family = families.find(
      ({ prefix, begins }) => !names.some((name) => name.startsWith(prefix)) && names.some((name) => begins.test(name)),
    );
    return family ? (stored) => (outside.test(stored) ? stored : family.prefix + stored) : null;
  },
};
