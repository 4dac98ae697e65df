/**
 * A tokenizer from tokenizer.json: judged part by part, and run as the reference implementation (Rust `tokenizers`) runs it. Encoding is
 * work in steps: a megabyte of one letter takes seconds, and whoever waits must be able to stop.
 */
import { FormatError } from '../util/errors';
import { addsBos } from './addsBos';
import { type BytePairModel, checkBytePairModel } from './bytePairModel';
import type { Tokenizer } from './checkpoint';
import { AddedTokens } from './encoding/addedTokens';
import { BytePairs } from './encoding/bytePairs';
import { drain } from './encoding/drain';
import { preTokenize } from './encoding/preTokenize';
import { asTransformersLoads } from './loadedTokenizer';
import { asRefusal } from './pattern/readPattern';
import { MAX_TOKEN_LENGTH } from './limits';
import { describe, isObject, type JsonObject } from './strictJson';
import { checkDecoder, checkNormalizer, checkPostProcessor, checkPreTokenizer } from './tokenizerPipeline';

/** Pieces between two chances to stop. */
const STRIDE = 1 << 12;

/**
 * A tokenizer from parsed tokenizer.json, tokenizer_config.json (`settings`; {} when there is none) and config.json, which says how many
 * ids the model has. FormatError when one of them is wrong or the ids do not fit the model.
 */
export function openTokenizer(json: JsonObject, settings: JsonObject, config: JsonObject): Tokenizer {
  const file = checkBytePairModel(json);
  refuseMisfit(file, config);
  const model = withNamedTokens(file, settings);
  const loaded = asTransformersLoads(json, settings, config);
  const steps = checkPreTokenizer(loaded.preTokenizer);
  const { before, after } = checkPostProcessor(json.post_processor, model);
  const decode = checkDecoder(json.decoder);
  const normalize = checkNormalizer(loaded.normalizer);
  const added = refusing(() => new AddedTokens(model.added, normalize));
  const pairs = new BytePairs({ ...model, json: { ...model.json, ...loaded.model } });
  const tokens = new Map([...model.ids].map(([token, id]) => [id, token]));

  const bos = specialId('bos', model, settings, config);

  function* encode(text: string): Generator<undefined, number[]> {
    const ids: number[] = [];
    for (const section of yield* added.split(text)) {
      if (typeof section === 'number') {
        ids.push(section);
        continue;
      }
      const pieces = yield* preTokenize(steps, section.text, section.first);
      for (const [i, piece] of pieces.entries()) {
        if (i % STRIDE === STRIDE - 1) yield;
        yield* pairs.encode(piece, ids);
      }
    }
    return ids;
  }

  function* encodeSteps(text: string, specialTokens: 'add' | 'none'): Generator<undefined, Uint32Array> {
    let ids: number[];
    try {
      ids = yield* encode(text);
    } catch (error) {
      throw asRefusal(error, 'a pattern needs');
    }
    return Uint32Array.from(specialTokens === 'add' ? [...before, ...ids, ...after] : ids);
  }

  return {
    vocabularySize: model.size,
    bos,
    addsBos: addsBos(json, settings, model.ids, bos),
    eos: specialId('eos', model, settings, config),
    encode: (text, specialTokens) => drain(encodeSteps(text, specialTokens)),
    encodeSteps,
    decode(ids) {
      const known = Array.from(ids).flatMap((id) => tokens.get(id) ?? []);
      return refusing(() => decode(known).join(''));
    },
  };
}

/** A pattern that turns out to need too much memory is refused like one that was seen to. */
function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asRefusal(error, 'a pattern needs');
  }
}

/** Special tokens that tokenizer_config.json names, in the order in which transformers adds those that the vocabulary lacks. */
const named = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;

/** The model with the special tokens that only tokenizer_config.json names: they get the ids after all others, as in transformers. */
function withNamedTokens(model: BytePairModel, settings: JsonObject): BytePairModel {
  const ids = new Map(model.ids);
  const added = [...model.added];
  let { size } = model;
  for (const key of named) {
    const token = settings[key];
    if (token === undefined || token === null) continue;
    const content = isObject(token) ? token.content : token;
    if (typeof content !== 'string' || content === '' || content.length > MAX_TOKEN_LENGTH) {
      throw new FormatError(
        'bad-tokenizer',
        `tokenizer_config.json: ${key} is ${describe(content)}, not text of 1 to ${MAX_TOKEN_LENGTH} characters. Use the file that was published with the model.`,
        { file: 'tokenizer_config.json', path: key },
      );
    }
    if (ids.has(content)) continue;
    ids.set(content, size);
    added.push({ id: size, content, singleWord: false, lstrip: false, rstrip: false, normalized: false });
    size++;
  }
  return { ...model, ids, added, size };
}

/** The vocabulary proper must fit the model; added tokens that it lacks are of no consequence until a text uses one. */
function refuseMisfit({ vocabulary }: BytePairModel, config: JsonObject): void {
  let size = 0;
  for (const id of vocabulary.values()) size = Math.max(size, id + 1);
  const { text_config: inner } = config;
  const expected = config.vocab_size ?? (isObject(inner) ? inner.vocab_size : undefined);
  if (expected === undefined) return;
  if (!Number.isInteger(expected) || (expected as number) < 1) {
    throw new FormatError('bad-config', `config.json: vocab_size is ${describe(expected)}, not a positive integer.`, {
      file: 'config.json',
      path: 'vocab_size',
    });
  }
  if (size > (expected as number)) {
    throw new FormatError(
      'vocabulary-mismatch',
      `the tokenizer does not fit the vocabulary: tokenizer.json has ids up to ${size - 1}, so ${size} tokens, and config.json says ` +
        `vocab_size ${expected as number}. Use the tokenizer.json that was published with this model.`,
      { file: 'tokenizer.json', found: size, expected: expected as number },
    );
  }
}

/**
 * Id of the beginning- or end-of-sequence token: as tokenizer_config.json names it; null when it says null there (Qwen2: none); else as
 * config.json numbers it.
 */
function specialId(kind: 'bos' | 'eos', model: BytePairModel, settings: JsonObject, config: JsonObject): number | null {
  const token = settings[`${kind}_token`];
  if (token === null) return null;
  if (token !== undefined) {
    const content = isObject(token) ? token.content : token;
    return model.ids.get(content as string) ?? null;
  }
  const given = config[`${kind}_token_id`];
  // A list of several (Llama 3's ends of turn): the first is the one of plain text.
  const id: unknown = Array.isArray(given) ? given[0] : given;
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < model.size ? (id as number) : null;
}
