/** Ids and texts as the reference implementation gives them (test/golden/tokenizer_vectors.py), and refusals of what does not fit. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCut } from '../../src/formats/cutPieces';
import { openTokenizer } from '../../src/formats/tokenizer';
import { FormatError } from '../../src/util/errors';

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
