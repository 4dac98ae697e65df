/**
 * Judges normalizer, pre-tokenizer, post-processor and decoder of a tokenizer.json, and makes of each what it does. Only kinds whose ids were
 * compared with the reference implementation (Rust `tokenizers`) are let through: a perplexity on wrong ids looks like any other.
 */
import type { BytePairModel } from './bytePairModel';
import { refuse } from './bytePairModel';
import {
  decodeBytes,
  decodeByteTokens,
  decodeMetaspace,
  decodeReplacing,
  fuse,
  strip,
  type Decode,
} from './encoding/decode';
import { prepend, replace, unicodeForm, type Normalize } from './encoding/normalize';
import type { Pattern } from './encoding/pattern';
import { behaviors, byteLevel, metaspace, split, type Behavior, type PreTokenize } from './encoding/preTokenize';
import { Matcher } from './pattern/matcher';
import { readPattern } from './pattern/readPattern';
import { describe, isObject, type JsonObject } from './strictJson';

/** Parts of one Sequence; real ones have at most five. */
const MAX_PARTS = 5;
/** Items of a template; real ones have two or three. */
const MAX_TEMPLATE = 32;
/** How many times longer replacements and prefixes may make a text, all together; real ones write one mark for one space. */
const MAX_GROWTH = 64;

type Checks<Part> = Readonly<Record<string, (part: JsonObject, where: string) => Part | null>>;

/** A part by its type. Sequences become flat lists: nesting means nothing. */
function checkPart<Part>(
  part: unknown,
  where: string,
  listKey: string,
  checks: Checks<Part>,
  types: string[] = [],
): readonly Part[] {
  if (part === null || part === undefined) return [];
  if (!isObject(part)) throw refuse(`${where} is ${describe(part)}, not an object`);
  const { type } = part;
  if (type === 'Sequence') {
    const list = part[listKey];
    if (!Array.isArray(list) || list.length > MAX_PARTS) {
      throw refuse(`${where}.${listKey} is ${describe(list)}, not a list of at most ${MAX_PARTS}`);
    }
    return list.flatMap((item, i) => checkPart(item, `${where}.${listKey}[${i}]`, listKey, checks, types));
  }
  const check = typeof type === 'string' && Object.hasOwn(checks, type) ? checks[type] : undefined;
  if (!check) {
    throw refuse(
      `${where} is of type ${describe(type)}; read are ${Object.keys(checks).join(', ')} and Sequence`,
      'unsupported-tokenizer',
    );
  }
  // Each ByteLevel may double a text; and of a Metaspace or a template, a second means something else than it says.
  if (['ByteLevel', 'Metaspace', 'TemplateProcessing'].includes(type as string) && types.includes(type as string)) {
    throw refuse(`${where} is a second ${type as string}; one is read`, 'unsupported-tokenizer');
  }
  types.push(type as string);
  if (types.length > MAX_PARTS) throw refuse(`${where} is one of more than ${MAX_PARTS} parts in all`);
  const made = check(part, where);
  return made === null ? [] : [made];
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

/** What a Replace says; `growth` is counted up, and refused where texts would explode. */
function replacement(part: JsonObject, where: string, growth: Growth): readonly [Pattern, string] {
  const pattern = readPattern(part.pattern, `${where}.pattern`);
  const content = text(part, 'content', where);
  if (pattern.kind === 'expression' && pattern.matcher.mayBeEmpty) {
    throw refuse(`${where}.pattern ${describe(part.pattern)} may match nothing, between any two characters`);
  }
  growth.by(pattern.kind === 'text' ? content.length / pattern.text.length : content.length, where);
  return [pattern, content];
}

class Growth {
  #factor = 1;
  by(factor: number, where: string): void {
    this.#factor *= Math.max(1, factor);
    if (this.#factor > MAX_GROWTH) {
      throw refuse(`${where} makes a text more than ${MAX_GROWTH} times longer`, 'unsupported-tokenizer');
    }
  }
}

export function checkNormalizer(part: unknown): Normalize {
  const growth = new Growth();
  const checks: Checks<Normalize> = {
    NFC: () => unicodeForm('NFC'),
    NFD: () => unicodeForm('NFD'),
    NFKC: () => unicodeForm('NFKC'),
    NFKD: () => unicodeForm('NFKD'),
    Prepend: (item, where) => prepend(text(item, 'prepend', where)),
    Replace: (item, where) => replace(...replacement(item, where, growth)),
  };
  const list = checkPart(part, 'normalizer', 'normalizers', checks);
  return (given) => list.reduce((result, step) => step(result), given);
}

/** GPT-2's pattern, which ByteLevel splits by where it is asked to (Radford et al., 2019, encoder.py). */
const gpt2Pattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const expression = (source: string): Pattern => ({ kind: 'expression', matcher: new Matcher(source) });

const preTokenizers: Checks<PreTokenize> = {
  ByteLevel: (item, where) =>
    byteLevel(
      flag(item, 'add_prefix_space', where, true),
      flag(item, 'use_regex', where, true) ? expression(gpt2Pattern) : null,
    ),
  Split: (item, where) =>
    split(readPattern(item.pattern, `${where}.pattern`), behavior(item, where), flag(item, 'invert', where, false)),
  // Every character of category N.
  Digits: (item, where) =>
    split(expression(flag(item, 'individual_digits', where, false) ? '\\p{N}' : '\\p{N}+'), 'Isolated', false),
  Punctuation: (item, where) =>
    split(expression('[\\p{P}!-/:-@\\[-`{-~]'), behavior({ behavior: 'Isolated', ...item }, where), false),
  Metaspace: (item, where) => {
    const mark = markOf(item, where);
    return metaspace(mark, schemeOf(item, where), flag(item, 'split', where, true));
  },
};

function behavior(part: JsonObject, where: string): Behavior {
  const named = behaviors.find((name) => name === part.behavior);
  if (!named) throw refuse(`${where}.behavior is ${describe(part.behavior)}; read are ${behaviors.join(', ')}`);
  return named;
}

function markOf(part: JsonObject, where: string): string {
  const mark = text(part, 'replacement', where, '▁');
  if ([...mark].length !== 1) throw refuse(`${where}.replacement is ${describe(mark)}, not one character`);
  return mark;
}

/** Files from before 2024 say add_prefix_space instead of prepend_scheme. */
function schemeOf(part: JsonObject, where: string): string {
  const fallback = flag(part, 'add_prefix_space', where, true) ? 'always' : 'never';
  const scheme = text(part, 'prepend_scheme', where, fallback);
  if (!['always', 'first', 'never'].includes(scheme)) throw refuse(`${where}.prepend_scheme is ${describe(scheme)}`);
  return scheme;
}

export function checkPreTokenizer(part: unknown): readonly PreTokenize[] {
  return checkPart(part, 'pre_tokenizer', 'pretokenizers', preTokenizers);
}

/** Ids around those of a text, where special tokens are asked for. */
export interface Template {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export function checkPostProcessor(part: unknown, model: BytePairModel): Template {
  const checks: Checks<Template> = {
    // Changes offsets only.
    ByteLevel: () => null,
    TemplateProcessing: (item, where) => checkTemplate(item, where, model),
  };
  return checkPart(part, 'post_processor', 'processors', checks)[0] ?? { before: [], after: [] };
}

/** A template holds the text once, and special tokens around it whose ids agree with the vocabulary. */
function checkTemplate(part: JsonObject, where: string, model: BytePairModel): Template {
  const { single, special_tokens: specials } = part;
  if (!Array.isArray(single) || single.length > MAX_TEMPLATE)
    throw refuse(`${where}.single is ${describe(single)}, not a short list`);
  let texts = 0;
  const ids: { before: number[]; after: number[] } = { before: [], after: [] };
  for (const [i, item] of (single as readonly unknown[]).entries()) {
    const at = `${where}.single[${i}]`;
    if (isObject(item) && isObject(item.SpecialToken)) {
      const name = text(item.SpecialToken, 'id', at);
      const entry = isObject(specials) && Object.hasOwn(specials, name) ? specials[name] : undefined;
      const given = isObject(entry) ? entry.ids : undefined;
      const id = model.ids.get(name);
      if (id === undefined || !Array.isArray(given) || given.length !== 1 || given[0] !== id) {
        throw refuse(
          `${at} adds ${describe(name)}, whose id is ${describe(given)} here and ${describe(id)} in the vocabulary`,
        );
      }
      ids[texts ? 'after' : 'before'].push(id);
    } else if (isObject(item) && isObject(item.Sequence) && item.Sequence.id === 'A') {
      texts++;
    } else {
      throw refuse(`${at} is ${describe(item)}, neither a special token nor the text`);
    }
  }
  if (texts !== 1) throw refuse(`${where}.single holds the text ${texts} times, not once`);
  return ids;
}

/** Without a decoder, tokens are joined as they are. */
export function checkDecoder(part: unknown): Decode {
  const growth = new Growth();
  const checks: Checks<Decode> = {
    ByteLevel: () => decodeBytes,
    ByteFallback: () => decodeByteTokens,
    Fuse: () => fuse,
    Metaspace: (item, where) => decodeMetaspace(markOf(item, where), schemeOf(item, where)),
    Replace: (item, where) => decodeReplacing(...replacement(item, where, growth)),
    Strip: (item, where) => {
      const [start, stop] = ['start', 'stop'].map((key) => {
        const value = item[key] ?? 0;
        if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 64) {
          throw refuse(`${where}.${key} is ${describe(value)}, not an integer from 0 to 64`);
        }
        return value as number;
      });
      return strip(text(item, 'content', where), start as number, stop as number);
    },
  };
  const steps = checkPart(part, 'decoder', 'decoders', checks);
  return (tokens) => fuse(steps.reduce<readonly string[]>((given, step) => step(given), tokens));
}
