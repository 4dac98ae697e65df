/**
 * Patterns of published tokenizers, behaviours of splits, added tokens, gaps in a vocabulary and settings of tokenizer_config.json: ids and
 * pieces as Rust `tokenizers` and AutoTokenizer give them (test/golden/tokenizer_cases.py).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drain } from '../../src/formats/encoding/drain';
import { split, type Behavior } from '../../src/formats/encoding/preTokenize';
import { readPattern } from '../../src/formats/pattern/readPattern';
import { openTokenizer } from '../../src/formats/tokenizer';

type Json = Record<string, unknown>;
interface Model extends Json {
  readonly vocab: Record<string, number>;
}
interface Case {
  readonly name: string;
  readonly base: string;
  readonly edits: Json & {
    readonly model?: Json;
    readonly without?: readonly string[];
    readonly added?: readonly Json[];
  };
  readonly settings: Json;
  readonly config: Json;
  readonly ids: readonly (readonly number[])[];
}
interface Split {
  readonly pattern: string;
  readonly behavior: Behavior;
  readonly invert: boolean;
  readonly lengths: readonly (readonly number[])[];
}

const golden = join(import.meta.dirname, '../golden');
const readJson = (name: string) => JSON.parse(readFileSync(join(golden, name), 'utf8')) as unknown;
const { texts, splits, cases } = readJson('tokenizer_cases.json') as {
  texts: string[];
  splits: Split[];
  cases: Case[];
};

/** The base's tokenizer.json with its edits. */
function edited({ base, edits }: Case): Json {
  const { tokenizer } = readJson(`tokenizers/${base}.json`) as {
    tokenizer: Json & { model: Model; added_tokens: Json[] };
  };
  const { model, without = [], added = [], ...others } = edits;
  const vocab = Object.fromEntries(Object.entries(tokenizer.model.vocab).filter(([token]) => !without.includes(token)));
  return {
    ...tokenizer,
    model: { ...tokenizer.model, vocab, ...model },
    added_tokens: [...tokenizer.added_tokens, ...added],
    ...others,
  };
}

describe('splitting', () => {
  it.each(splits)('$pattern, $behavior, inverted: $invert', ({ pattern, behavior, invert, lengths }) => {
    const step = split(readPattern({ Regex: pattern }, 'pattern'), behavior, invert);
    const found = texts.map((text) => drain(step(text, true)).map((piece) => [...piece].length));
    expect(found).toEqual(lengths);
  });
});

describe('ids', () => {
  it.each(cases)('$name', (given) => {
    const tokenizer = openTokenizer(edited(given), given.settings, given.config);
    for (const [i, text] of texts.entries()) {
      expect([...tokenizer.encode(text, 'none')], JSON.stringify(text)).toEqual(given.ids[i]);
    }
  });
});
