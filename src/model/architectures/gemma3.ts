/** Gemma 3 with a tower for pictures (Gemma team, 2025): its language model, run alone on text. */
import type { Architecture } from '../blueprint';
import { Fields } from '../fields';

export const architecture: Architecture = {
  name: 'gemma3',
  blueprint(fields, inner) {
    const text = fields.object('text_config');
    if (!text) throw fields.fail('text_config', 'the config of the language model');
    // Published files say at either level whether the head is the embedding.
    const tied = text.has('tie_word_embeddings') ? {} : { tie_word_embeddings: fields.values.tie_word_embeddings };
    return inner(new Fields({ model_type: 'gemma3_text', ...text.values, ...tied }, text.path));
  },
};
