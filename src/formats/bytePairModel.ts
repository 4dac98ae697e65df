/**
 * Judges the `model` and `added_tokens` of a tokenizer.json (byte-pair encoding) before anything is encoded: vocabulary, merges, ids. What
 * would be encoded differently from what the checkpoint's author saw is refused by name.
 */
import { FormatError } from '../util/errors';
import { MAX_ADDED_TOKENS, MAX_TOKEN_LENGTH, MAX_VOCABULARY } from './limits';
import { describe, isObject, type JsonObject } from './strictJson';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Not inside words. */
  readonly singleWord: boolean;
  /** With the white space before it, or after it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Sought in the normalized text. */
  readonly normalized: boolean;
}

export interface BytePairModel {
  /** The checked object. */
  readonly json: JsonObject;
  /** Ids of the vocabulary proper, without added tokens. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Pairs that merge, in order. */
  readonly merges: readonly (readonly [string, string])[];
  /** One more than the largest id of the vocabulary and the added tokens. */
  readonly size: number;
  readonly added: readonly AddedToken[];
  /** Ids of all tokens, added ones included. */
  readonly ids: ReadonlyMap<string, number>;
}

export function refuse(what: string, code = 'bad-tokenizer'): FormatError {
  return new FormatError(code, `tokenizer.json: ${what}. Use the tokenizer.json that was published with the model.`, {
    file: 'tokenizer.json',
  });
}

/** The error for a key of tokenizer_config.json that is neither true nor false. */
export function refuseSetting(key: string, value: unknown): FormatError {
  return new FormatError(
    'bad-tokenizer',
    `tokenizer_config.json: ${key} is ${describe(value)}, not true or false. Use the file that was published with the model.`,
    { file: 'tokenizer_config.json', path: key },
  );
}

/** The model and added tokens of a parsed tokenizer.json; a FormatError that names the first thing wrong. */
export function checkBytePairModel(tokenizer: JsonObject): BytePairModel {
  const { model } = tokenizer;
  if (!isObject(model)) throw refuse(`model is ${describe(model)}, not an object`);
  // Files from before 2021 have no type; merges then say that it is byte-pair encoding.
  if (model.type !== 'BPE' && !(model.type === undefined && Array.isArray(model.merges))) {
    throw refuse(
      `its model is of type ${describe(model.type)}; byte-pair encoding ("BPE") is read`,
      'unsupported-tokenizer',
    );
  }
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix'] as const) {
    if (model[key] !== undefined && model[key] !== null && model[key] !== '') {
      throw refuse(
        `model.${key} is ${describe(model[key])}; only models without one are read`,
        'unsupported-tokenizer',
      );
    }
  }
  if (model.dropout !== undefined && model.dropout !== null && model.dropout !== 0) {
    throw refuse(`model.dropout is ${describe(model.dropout)}, which makes ids random`, 'unsupported-tokenizer');
  }
  for (const key of ['fuse_unk', 'byte_fallback', 'ignore_merges'] as const) {
    if (model[key] !== undefined && model[key] !== null && typeof model[key] !== 'boolean') {
      throw refuse(`model.${key} is ${describe(model[key])}, not true or false`);
    }
  }
  const vocabulary = checkVocabulary(model.vocab);
  const ids = new Map(vocabulary);
  const { unk_token: unknown } = model;
  if (unknown !== undefined && unknown !== null && typeof unknown !== 'string') {
    throw refuse(`model.unk_token is ${describe(unknown)}, not text`);
  }
  const merges = checkMerges(model.merges, ids);
  const added = checkAddedTokens(tokenizer.added_tokens);
  for (const { content, id } of added) {
    const given = ids.get(content);
    if (given !== undefined && given !== id) {
      throw refuse(
        `the token ${describe(content)} has the id ${given} in the vocabulary and ${id} among the added tokens`,
      );
    }
    ids.set(content, id);
  }
  if (typeof unknown === 'string' && !ids.has(unknown)) {
    throw refuse(`model.unk_token ${describe(unknown)} is not in the vocabulary`);
  }
  let size = 0;
  for (const id of ids.values()) size = Math.max(size, id + 1);
  return { json: model, vocabulary, merges, size, added, ids };
}

function checkVocabulary(vocab: unknown): Map<string, number> {
  if (!isObject(vocab)) throw refuse(`model.vocab is ${describe(vocab)}, not an object of token → id`);
  const entries = Object.entries(vocab);
  if (entries.length === 0) throw refuse('model.vocab is empty');
  if (entries.length > MAX_VOCABULARY) throw refuse(`${entries.length} tokens; at most ${MAX_VOCABULARY} are read`);
  const ids = new Map<string, number>();
  const taken = new Set<number>();
  for (const [token, id] of entries) {
    checkId(id, token);
    if (token.length > MAX_TOKEN_LENGTH)
      throw refuse(`a token of ${token.length} characters; at most ${MAX_TOKEN_LENGTH}`);
    if (taken.has(id)) throw refuse(`the id ${id} stands for two tokens, one of them ${describe(token)}`);
    taken.add(id);
    ids.set(token, id);
  }
  return ids;
}

function checkId(id: unknown, token: string): asserts id is number {
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= MAX_VOCABULARY) {
    throw refuse(
      `the id of token ${describe(token)} is ${describe(id)}, not an integer from 0 to ${MAX_VOCABULARY - 1}`,
    );
  }
}

/** Merges are stored as ["a", "b"] by current writers and as "a b" by older ones; one file may not mix them. */
function checkMerges(merges: unknown, ids: ReadonlyMap<string, number>): readonly (readonly [string, string])[] {
  if (!Array.isArray(merges)) throw refuse(`model.merges is ${describe(merges)}, not a list`);
  if (merges.length > MAX_VOCABULARY) throw refuse(`${merges.length} merges; at most ${MAX_VOCABULARY} are read`);
  return (merges as readonly unknown[]).map((merge, i) => {
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (
      !Array.isArray(parts) ||
      parts.length !== 2 ||
      !parts.every((part) => typeof part === 'string' && part !== '')
    ) {
      throw refuse(`merge ${i} is ${describe(merge)}, not a pair of tokens`);
    }
    const [left, right] = parts as [string, string];
    for (const token of [left, right, left + right]) {
      if (!ids.has(token))
        throw refuse(`merge ${i} needs the token ${describe(token)}, which is not in the vocabulary`);
    }
    return [left, right];
  });
}

function checkAddedTokens(list: unknown): readonly AddedToken[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw refuse(`added_tokens is ${describe(list)}, not a list`);
  if (list.length > MAX_ADDED_TOKENS) throw refuse(`${list.length} added tokens; at most ${MAX_ADDED_TOKENS} are read`);
  return (list as readonly unknown[]).map((entry, i) => {
    if (!isObject(entry)) throw refuse(`added token ${i} is ${describe(entry)}, not an object`);
    const { content, id } = entry;
    if (typeof content !== 'string' || content === '' || content.length > MAX_TOKEN_LENGTH) {
      throw refuse(
        `the content of added token ${i} is ${describe(content)}, not text of 1 to ${MAX_TOKEN_LENGTH} characters`,
      );
    }
    checkId(id, content);
    for (const key of ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'] as const) {
      if (entry[key] !== undefined && typeof entry[key] !== 'boolean') {
        throw refuse(`${key} of added token ${describe(content)} is ${describe(entry[key])}, not true or false`);
      }
    }
    const is = (key: string, otherwise: boolean) => (typeof entry[key] === 'boolean' ? entry[key] : otherwise);
    return {
      id,
      content,
      singleWord: is('single_word', false),
      lstrip: is('lstrip', false),
      rstrip: is('rstrip', false),
      normalized: is('normalized', !is('special', false)),
    };
  });
}
