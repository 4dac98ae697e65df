/** The files of Mamba's authors call the table "backbone.embedding" where transformers has "backbone.embeddings"; all else is called alike. */
import type { Dialect } from '../dialect';

const [theirs, ours] = ['backbone.embedding.weight', 'backbone.embeddings.weight'];

export const dialect: Dialect = {
  name: 'stateSpaces',
  read: (names) => (names.includes(theirs) ? (stored) => (stored === theirs ? ours : stored) : null),
};
