/**
 * The space that Llama tokenizers put before a text. Their files ask for it by a normalizer, which doubles a space that is already
 * there; transformers loads the class LlamaTokenizer with a Metaspace instead, which does not. Perplexities are compared with numbers
 * from transformers, and in a text that begins with a space every later window would shift by one id: so theirs is taken.
 */
import { isObject, type JsonObject } from './strictJson';

const classes = new Set<unknown>(['LlamaTokenizer', 'LlamaTokenizerFast']);

/** Normalizer and pre-tokenizer as transformers uses them, from tokenizer.json and tokenizer_config.json (`settings`). */
export function asTransformersLoads(
  json: JsonObject,
  settings: JsonObject,
): { readonly normalizer: unknown; readonly preTokenizer: unknown } {
  const { normalizer, pre_tokenizer: preTokenizer } = json;
  const asked = classes.has(settings.tokenizer_class) && prefixesAndMarksSpaces(normalizer) && preTokenizer == null;
  if (!asked) return { normalizer, preTokenizer };
  return {
    normalizer: null,
    preTokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: false },
  };
}

/** Whether it is [Prepend "▁", Replace " " by "▁"], as the converter from SentencePiece writes it. */
function prefixesAndMarksSpaces(normalizer: unknown): boolean {
  if (!isObject(normalizer) || normalizer.type !== 'Sequence' || !Array.isArray(normalizer.normalizers)) return false;
  const [prepend, replace, ...rest] = normalizer.normalizers as readonly unknown[];
  return (
    rest.length === 0 &&
    isObject(prepend) &&
    prepend.type === 'Prepend' &&
    prepend.prepend === '▁' &&
    isObject(replace) &&
    replace.type === 'Replace' &&
    isObject(replace.pattern) &&
    replace.pattern.String === ' ' &&
    replace.content === '▁'
  );
}
