/**
 * Judges normalizer, pre-tokenizer, post-processor and decoder of a tokenizer.json, and rebuilds each from the fields that it checked. Only
 * kinds whose ids were compared with the reference implementation (Rust `tokenizers`) are let through: the library silently computes some
 * others differently, and a perplexity on wrong ids looks like any other.
 */
import type { BytePairModel } from './bytePairModel';
import { refuse } from './bytePairModel';
import { checkPattern } from './pattern';
import { describe, isObject, type JsonObject } from './strictJson';

type Part = JsonObject | null;

/** Parts of one Sequence; real ones have at most five. */
const MAX_PARTS = 32;

type Checks = Readonly<Record<string, (part: JsonObject, where: string) => Part | readonly Part[]>>;

/** A part by its type, rebuilt. Sequences become flat lists: nesting means nothing. */
function checkPart(part: unknown, where: string, listKey: string, checks: Checks): readonly JsonObject[] {
  if (part === null || part === undefined) return [];
  if (!isObject(part)) throw refuse(`${where} is ${describe(part)}, not an object`);
  const { type } = part;
  if (type === 'Sequence') {
    const list = part[listKey];
    if (!Array.isArray(list) || list.length > MAX_PARTS) {
      throw refuse(`${where}.${listKey} is ${describe(list)}, not a list of at most ${MAX_PARTS}`);
    }
    return list.flatMap((item, i) => checkPart(item, `${where}.${listKey}[${i}]`, listKey, checks));
  }
  const check = typeof type === 'string' && Object.hasOwn(checks, type) ? checks[type] : undefined;
  if (!check) {
    throw refuse(
      `${where} is of type ${describe(type)}; read are ${Object.keys(checks).join(', ')} and Sequence`,
      'unsupported-tokenizer',
    );
  }
  return [check(part, where)].flat().filter((item) => item !== null);
}

function text(part: JsonObject, key: string, where: string, fallback?: string): string {
  const value = part[key] ?? fallback;
  // 64 characters: the longest separators in use have five.
  if (typeof value !== 'string' || value.length > 64)
    throw refuse(`${where}.${key} is ${describe(value)}, not a short text`);
  return value;
}

function flag(part: JsonObject, key: string, where: string, fallback: boolean): boolean {
  const value = part[key] ?? fallback;
  if (typeof value !== 'boolean') throw refuse(`${where}.${key} is ${describe(value)}, not true or false`);
  return value;
}

const replace = (part: JsonObject, where: string): Part => ({
  type: 'Replace',
  pattern: checkPattern(part.pattern, `${where}.pattern`),
  content: text(part, 'content', where),
});

const normalizers: Checks = {
  NFC: () => ({ type: 'NFC' }),
  NFD: () => ({ type: 'NFD' }),
  NFKC: () => ({ type: 'NFKC' }),
  NFKD: () => ({ type: 'NFKD' }),
  Prepend: (part, where) => ({ type: 'Prepend', prepend: text(part, 'prepend', where) }),
  Replace: replace,
};

export function checkNormalizer(part: unknown): Part {
  const list = checkPart(part, 'normalizer', 'normalizers', normalizers);
  return list.length === 0 ? null : { type: 'Sequence', normalizers: list };
}

/** What Metaspace does before the model; `split` cuts before every replacement character, which the library leaves out. */
export interface PreTokenizer {
  readonly json: Part;
  /** Character before which every piece begins; null for none. */
  readonly cutBefore: string | null;
}

export function checkPreTokenizer(part: unknown): PreTokenizer {
  let cutBefore: string | null = null;
  const checks: Checks = {
    ByteLevel: (item, where) => ({
      type: 'ByteLevel',
      add_prefix_space: flag(item, 'add_prefix_space', where, true),
      use_regex: flag(item, 'use_regex', where, true),
    }),
    Split: (item, where) => {
      const behavior = text(item, 'behavior', where);
      const invert = flag(item, 'invert', where, false);
      // The other combinations come out differently in the library.
      if (!(behavior === 'Isolated' && !invert) && !(behavior === 'Removed' && invert)) {
        throw refuse(
          `${where}: Split with behavior ${describe(behavior)} and invert ${invert} is not read`,
          'unsupported-tokenizer',
        );
      }
      return { type: 'Split', pattern: checkPattern(item.pattern, `${where}.pattern`), behavior, invert };
    },
    // The library's own Digits knows ASCII only; the reference splits off every character of category N.
    Digits: (item, where) => ({
      type: 'Split',
      pattern: { Regex: flag(item, 'individual_digits', where, false) ? '\\p{N}' : '\\p{N}+' },
      behavior: 'Isolated',
      invert: false,
    }),
    Metaspace: (item, where) => {
      const replacement = text(item, 'replacement', where, '▁');
      if ([...replacement].length !== 1)
        throw refuse(`${where}.replacement is ${describe(replacement)}, not one character`);
      // Files from before 2024 say add_prefix_space instead of prepend_scheme.
      const scheme = text(
        item,
        'prepend_scheme',
        where,
        flag(item, 'add_prefix_space', where, true) ? 'always' : 'never',
      );
      if (!['always', 'first', 'never'].includes(scheme))
        throw refuse(`${where}.prepend_scheme is ${describe(scheme)}`);
      if (flag(item, 'split', where, true)) cutBefore = replacement;
      return { type: 'Metaspace', replacement, prepend_scheme: scheme };
    },
  };
  const list = checkPart(part, 'pre_tokenizer', 'pretokenizers', checks);
  if (cutBefore !== null && list.length > 1) {
    throw refuse('pre_tokenizer combines Metaspace with other parts', 'unsupported-tokenizer');
  }
  return { json: list.length === 0 ? null : { type: 'Sequence', pretokenizers: list }, cutBefore };
}

export function checkPostProcessor(part: unknown, model: BytePairModel): Part {
  const checks: Checks = {
    // Changes offsets only.
    ByteLevel: () => null,
    TemplateProcessing: (item, where) => checkTemplate(item, where, model),
  };
  const list = checkPart(part, 'post_processor', 'processors', checks);
  if (list.length > 1) throw refuse('post_processor has two templates', 'unsupported-tokenizer');
  return list[0] ?? null;
}

/** A template holds the text once, and special tokens around it whose ids agree with the vocabulary. */
function checkTemplate(part: JsonObject, where: string, model: BytePairModel): Part {
  const { single, special_tokens: specials } = part;
  if (!Array.isArray(single) || single.length > MAX_PARTS)
    throw refuse(`${where}.single is ${describe(single)}, not a short list`);
  let texts = 0;
  const items = (single as readonly unknown[]).map((item, i) => {
    const at = `${where}.single[${i}]`;
    if (isObject(item) && isObject(item.SpecialToken)) {
      const name = text(item.SpecialToken, 'id', at);
      const entry = isObject(specials) && Object.hasOwn(specials, name) ? specials[name] : undefined;
      const ids = isObject(entry) ? entry.ids : undefined;
      const id = model.ids.get(name);
      if (id === undefined || !Array.isArray(ids) || ids.length !== 1 || ids[0] !== id) {
        throw refuse(
          `${at} adds ${describe(name)}, whose id is ${describe(ids)} here and ${describe(id)} in the vocabulary`,
        );
      }
      return { SpecialToken: { id: name, type_id: 0 } };
    }
    if (isObject(item) && isObject(item.Sequence) && item.Sequence.id === 'A') {
      texts++;
      return { Sequence: { id: 'A', type_id: 0 } };
    }
    throw refuse(`${at} is ${describe(item)}, neither a special token nor the text`);
  });
  if (texts !== 1) throw refuse(`${where}.single holds the text ${texts} times, not once`);
  return { type: 'TemplateProcessing', single: items, pair: [] };
}

const decoders: Checks = {
  ByteLevel: () => ({ type: 'ByteLevel' }),
  ByteFallback: () => ({ type: 'ByteFallback' }),
  Fuse: () => ({ type: 'Fuse' }),
  Metaspace: (part, where) => ({ type: 'Metaspace', replacement: text(part, 'replacement', where, '▁') }),
  Replace: replace,
  Strip: (part, where) => {
    const [start, stop] = ['start', 'stop'].map((key) => {
      const value = part[key] ?? 0;
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 64) {
        throw refuse(`${where}.${key} is ${describe(value)}, not an integer from 0 to 64`);
      }
      return value as number;
    });
    return { type: 'Strip', content: text(part, 'content', where), start, stop };
  },
};

/** Without a decoder, tokens are joined as they are. */
export function checkDecoder(part: unknown): Part {
  const list = checkPart(part, 'decoder', 'decoders', decoders);
  return { type: 'Sequence', decoders: list.length === 0 ? [{ type: 'Fuse' }] : list };
}
