/** Ids and texts as the reference implementation gives them (test/golden/tokenizer_vectors.py), and refusals of what does not fit. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCut } from '../../src/formats/cutPieces';
import { openTokenizer } from '../../src/formats/tokenizer';
import { hasNestedRepetition } from '../../src/formats/pattern';
import { failureOf, tinyTokenizer } from './files';

type Json = Record<string, unknown>;
interface Golden {
  readonly tokenizer: Json & { model: Json & { vocab: Record<string, number>; merges: unknown[] } };
  readonly vectors: readonly {
    text: string;
    ids: number[];
    idsWithSpecials: number[];
    decoded: string;
    decodedTail: string;
  }[];
}

const golden = join(import.meta.dirname, '../golden/tokenizers');
const shared = resolve(import.meta.dirname, '../../../shared/data');
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as unknown;
const load = (style: string) => readJson(join(golden, `${style}.json`)) as Golden;
const styles = readdirSync(golden).map((name) => name.replace('.json', ''));

describe.each(styles)('%s', (style) => {
  const { tokenizer: json, vectors } = load(style);
  const tokenizer = openTokenizer(json, {}, {});

  it('gives the ids of the reference implementation', () => {
    for (const { text, ids, idsWithSpecials } of vectors) {
      const shown = JSON.stringify(text.slice(0, 60));
      expect(Array.from(tokenizer.encode(text, 'none')), shown).toEqual(ids);
      expect(Array.from(tokenizer.encode(text, 'add')), shown).toEqual(idsWithSpecials);
    }
  });

  it('decodes as the reference implementation', () => {
    for (const { ids, decoded, decodedTail } of vectors) {
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids.slice(ids.length >> 1))).toBe(decodedTail);
    }
  });
});

describe('cutting', () => {
  it('cuts exactly where no merge product joins two characters', () => {
    const cut = createCut([
      ['a', 'b'],
      ['ab', '🔥'],
    ]);
    expect(cut('ab🔥abba🔥b')).toEqual(['ab🔥', 'ab', 'b', 'a', '🔥', 'b']);
    expect(cut('')).toEqual([]);
  });

  it('leaves Llama-2-style tokenizers words, not documents', () => {
    const { tokenizer: json, vectors } = load('llama2');
    const text = (vectors.at(-1)?.text ?? '').replaceAll(' ', '▁');
    const pieces = createCut(json.model.merges as [string, string][])(text);
    expect(pieces.join('')).toBe(text);
    // The longest word of the golden text has 12 characters.
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(16);
  });
});

describe('refusing', () => {
  const { model } = tinyTokenizer;
  const split = (Regex: unknown, more: object = {}) => ({
    pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false, ...more },
  });
  const cases: readonly (readonly [string, object, string])[] = [
    ['no model', { model: undefined }, 'model is nothing'],
    ['a Unigram model', { model: { type: 'Unigram', vocab: [['a', 0]] } }, '"Unigram"'],
    ['a vocabulary that is a list', { model: { ...model, vocab: ['a'] } }, 'model.vocab'],
    ['no vocabulary', { model: { ...model, vocab: {}, merges: [] } }, 'empty'],
    ['a fractional id', { model: { ...model, vocab: { a: 0.5 } } }, '0.5'],
    ['a negative id', { model: { ...model, vocab: { a: -1 } } }, '-1'],
    ['a huge id', { model: { ...model, vocab: { a: 1e9 } } }, '1000000000'],
    ['an id twice', { model: { ...model, vocab: { a: 0, b: 0 }, merges: [] } }, 'two tokens'],
    ['merges that are no pairs', { model: { ...model, merges: [['a']] } }, 'merge 0'],
    ['merges of three', { model: { ...model, merges: ['a b c'] } }, 'merge 0'],
    ['merges without product', { model: { ...model, merges: [['b', 'a']] } }, '"ba"'],
    ['a subword prefix', { model: { ...model, continuing_subword_prefix: '##' } }, '"##"'],
    ['dropout', { model: { ...model, dropout: 0.1 } }, 'random'],
    ['an unknown token without id', { model: { ...model, unk_token: '<u>' } }, '"<u>"'],
    ['an added token without text', { added_tokens: [{ id: 1, content: '' }] }, 'added token 0'],
    ['an added token without id', { added_tokens: [{ content: '<x>' }] }, '"<x>"'],
    ['an added token with another id', { added_tokens: [{ id: 7, content: 'a' }] }, 'id 1 in the vocabulary and 7'],
    ['an unknown normalizer', { normalizer: { type: 'Precompiled' } }, '"Precompiled"'],
    ['a normalizer named like a method', { normalizer: { type: 'constructor' } }, '"constructor"'],
    ['an unknown pre-tokenizer', { pre_tokenizer: { type: 'FixedLength', length: 0 } }, '"FixedLength"'],
    ['an unknown decoder', { decoder: { type: 'CTC' } }, '"CTC"'],
    ['an empty pattern', split(''), 'pattern'],
    ['a pattern that does not compile', split('(?<a'), 'cannot be built'],
    ['a pattern that may take for ever', split('(a+)+$'), 'for ever'],
    ['a split it would do differently', split('a', { behavior: 'MergedWithNext' }), 'MergedWithNext'],
    ['a template without the text', { post_processor: { type: 'TemplateProcessing', single: [] } }, '0 times'],
    [
      'a template with another id',
      {
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }],
          special_tokens: { '<s>': { ids: [2] } },
        },
      },
      '"<s>"',
    ],
  ];
  it.each(cases)('%s', async (_, changes, words) => {
    const error = await failureOf(() => openTokenizer({ ...tinyTokenizer, ...changes }, {}, {}));
    expect(error.name).toBe('FormatError');
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^tokenizer\.json: /);
  });

  it('knows repetition inside repetition', () => {
    const nested = [
      '(a+)+',
      '(?:a*b)*',
      '((a+)b)+',
      '(a{2,}){3}',
      '(a+|b){2,}',
      '([^)]+)*',
      '((?:x|y+)?z)+',
      '(a{1,999})*',
    ];
    const fine = [
      '(a+)?',
      '[(a+)+]+',
      '\\(a+\\)+',
      "(?i:'s|'t)|\\p{N}{1,3}| ?[^\\s]+[\\r\\n]*",
      '(?:ab){2,}',
      '(a+)b+',
      '\\s+(?!\\S)|\\s+',
    ];
    expect(nested.filter((regex) => !hasNestedRepetition(regex))).toEqual([]);
    expect(fine.filter(hasNestedRepetition)).toEqual([]);
  });

  it('reads a token named __proto__, and decodes ids without a token to nothing', () => {
    const vocab = JSON.parse('{"__proto__":0,"a":1,"b":5}') as Record<string, number>;
    const tokenizer = openTokenizer(
      { ...tinyTokenizer, added_tokens: [], model: { type: 'BPE', vocab, merges: [] } },
      {},
      {},
    );
    expect(tokenizer.vocabularySize).toBe(6);
    expect([...tokenizer.encode('abc', 'none')]).toEqual([1, 5]);
    expect(tokenizer.decode([1, 3, 5, 99, 0])).toBe('ab__proto__');
  });
});

/** Present on the project's own machines only: real vocabularies. Their ids on a whole corpus are in wikitext.long.test.ts. */
if (existsSync(shared)) {
  const vectors = (name: string) => {
    const read = (suffix: string) =>
      readFileSync(join(shared, `tokenizers/vectors/ggml-vocab-${name}.gguf.${suffix}`), 'utf8');
    const texts = read('inp').split('\n__ggml_vocab_test__\n');
    const ids = read('out')
      .split('\n')
      .map((line) => line.trim().split(/\s+/).filter(Boolean).map(Number));
    return texts.map((text, i) => [text, ids[i]] as const);
  };

  it("phi-3 gives llama.cpp's vectors", () => {
    const tokenizer = openTokenizer(readJson(join(shared, 'tokenizers/phi3-llama-spm/tokenizer.json')) as Json, {}, {});
    for (const [text, ids] of vectors('phi-3')) expect(Array.from(tokenizer.encode(text, 'none')), text).toEqual(ids);
  });

  it("gpt-2 gives llama.cpp's vectors", () => {
    const merges = readFileSync(join(shared, 'tokenizers/gpt2/merges.txt'), 'utf8')
      .split('\n')
      .slice(1)
      .filter(Boolean);
    const model = { type: 'BPE', vocab: readJson(join(shared, 'tokenizers/gpt2/vocab.json')), merges };
    const json = {
      ...tinyTokenizer,
      added_tokens: [],
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
      model,
    };
    const tokenizer = openTokenizer(json, {}, {});
    for (const [text, ids] of vectors('gpt-2')) expect(Array.from(tokenizer.encode(text, 'none')), text).toEqual(ids);
  });
}
