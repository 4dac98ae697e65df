/**
 * Normalizer and pre-tokenizer as AutoTokenizer of transformers 5 loads them. Its classes LlamaTokenizer, GPT2Tokenizer and Qwen2Tokenizer
 * obey tokenizer_config.json (`add_prefix_space`, `legacy`) before tokenizer.json. Perplexities are compared with numbers from transformers,
 * and one space at the beginning shifts every later window by an id: so its reading is taken.
 *
 * Not followed where a class would throw away what the file splits by (the digits of SmolLM, whose class is GPT2Tokenizer): releases before 5
 * did not either, and the model was trained on the file's ids.
 */
import { refuseSetting } from './bytePairModel';
import { isObject, type JsonObject } from './strictJson';

type Loaded = 'LlamaTokenizer' | 'GPT2Tokenizer' | 'Qwen2Tokenizer' | 'file';

export interface LoadedTokenizer {
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  /** What the class sets in the model, whatever the file says. */
  readonly model: JsonObject;
}

export function asTransformersLoads(json: JsonObject, settings: JsonObject, config: JsonObject): LoadedTokenizer {
  const { normalizer, pre_tokenizer: preTokenizer } = json;
  const model = {};
  const prefix = optionalFlag(settings, 'add_prefix_space');
  switch (loadedAs(json, settings, config)) {
    case 'file':
      return { normalizer, preTokenizer, model };
    case 'LlamaTokenizer': {
      // Without a space; before the text and after every special token, as SentencePiece was once used; or before the text alone.
      const scheme = prefix === false ? 'never' : optionalFlag(settings, 'legacy') ? 'always' : 'first';
      return {
        normalizer: null,
        preTokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: false },
        model: { fuse_unk: true, byte_fallback: true, unk_token: null },
      };
    }
    case 'GPT2Tokenizer':
    case 'Qwen2Tokenizer':
      return { normalizer, preTokenizer: withPrefixSpace(preTokenizer, prefix ?? false), model };
  }
}

/** The class that AutoTokenizer takes for the model families that the lab reads. */
function loadedAs(json: JsonObject, settings: JsonObject, config: JsonObject): Loaded {
  const named = settings.tokenizer_class ?? config.tokenizer_class;
  const name = typeof named === 'string' ? named.replace(/Fast$/, '') : null;
  // Mistral's files are always taken as they are; Qwen2's never, whatever class they name.
  if (config.model_type === 'mistral') return 'file';
  if (config.model_type === 'qwen2' || (config.model_type === 'qwen3' && name === null)) return 'Qwen2Tokenizer';
  if (name === 'LlamaTokenizer') return isByteLevel(json) ? 'file' : name;
  return name === 'GPT2Tokenizer' || name === 'Qwen2Tokenizer' ? name : 'file';
}

/** Whether the file works on bytes: the class LlamaTokenizer, which does not, is then not believed. */
function isByteLevel(json: JsonObject): boolean {
  const has = (part: unknown): boolean =>
    isObject(part) &&
    (part.type === 'ByteLevel' ||
      [part.pretokenizers, part.decoders, part.processors].some((list) => Array.isArray(list) && list.some(has)));
  return [json.pre_tokenizer, json.decoder, json.post_processor].some(has);
}

/** The pre-tokenizer with every ByteLevel putting a space before the text, or none. */
function withPrefixSpace(part: unknown, prefix: boolean): unknown {
  if (!isObject(part)) return part;
  if (part.type === 'ByteLevel') return { ...part, add_prefix_space: prefix };
  if (part.type !== 'Sequence' || !Array.isArray(part.pretokenizers)) return part;
  return { ...part, pretokenizers: part.pretokenizers.map((item) => withPrefixSpace(item, prefix)) };
}

function optionalFlag(settings: JsonObject, key: string): boolean | null {
  const value = settings[key] ?? null;
  if (value !== null && typeof value !== 'boolean') throw refuseSetting(key, value);
  return value;
}
