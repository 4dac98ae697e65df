/** The language model of a model that looks at pictures: the blueprint of a config inside another. */
import type { Blueprint, Inner } from '../blueprint';
import { Fields } from '../fields';

/**
 * From the field `from`, a Llama where it names nothing else; `usual` goes before the defaults of its class. Either level may say that the head is
 * the embedding.
 */
export function languageModel(
  fields: Fields,
  inner: Inner,
  usual: Readonly<Record<string, unknown>> = {},
  from = 'text_config',
): Blueprint {
  const given = fields.object(from) ?? new Fields({}, `${from}.`);
  const text = inner(new Fields({ model_type: 'llama', ...usual, ...given.values }, given.path));
  // Rows of the table are replaced by features, which are as wide as the stream.
  if (text.embed.project) throw fields.fail(from, 'a language model whose table is as wide as its stream');
  return { ...text, head: { ...text.head, tied: text.head.tied || fields.flag('tie_word_embeddings', false) } };
}
