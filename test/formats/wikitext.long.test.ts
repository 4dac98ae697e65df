/** Whole corpora, on the project's own machines only: the ids that Python's `tokenizers` 0.23 gave. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { openTokenizer } from '../../src/formats/tokenizer';

const shared = resolve(import.meta.dirname, '../../../shared/data');
const corpora = [
  ['models/stories260K-f32', 809289, '361291d3bf24dbb4'],
  ['tokenizers/phi3-llama-spm', 335687, '2115c2febc5a0616'],
  ['tokenizers/gpt-neox-pythia', 287159, '973595d9c7c58036'],
] as const;
const here = existsSync(shared) ? corpora : [];

it('is tested on every corpus where they lie beside the project', () => {
  expect(here.length).toBe(existsSync(shared) ? 3 : 0);
});

for (const [path, count, hash] of here) {
  it(`${path} on WikiText-2`, () => {
    const json = JSON.parse(readFileSync(join(shared, path, 'tokenizer.json'), 'utf8')) as Record<string, unknown>;
    const ids = openTokenizer(json, {}, {}).encode(readFileSync(join(shared, 'text/wiki.test.raw'), 'utf8'), 'none');
    expect(ids.length).toBe(count);
    expect(createHash('sha256').update(new Uint8Array(ids.buffer)).digest('hex').slice(0, 16)).toBe(hash);
  });
}
