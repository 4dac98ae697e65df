/** Names of tensors in the words of other programs. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/formats/dialect';
import { dialectModules, dialectsOf, namesIn } from '../../src/formats/dialects';
import { failureOf } from './files';

/** "b0.up" for "model.layers.0.up". */
const short = (name: string): { readonly dialect: Dialect } => ({
  dialect: {
    name,
    read: (names) =>
      names.some((stored) => /^b\d/.test(stored)) ? (stored) => stored.replace(/^b(\d+)/, 'model.layers.$1') : null,
  },
});
const withShort = dialectsOf({ ...dialectModules, './dialects/short.ts': short('short') });

describe('dialects', () => {
  it('are the files of their folder, named as these', () => {
    const found = readdirSync(resolve(import.meta.dirname, '../../src/formats/dialects'));
    expect(
      dialectsOf(dialectModules)
        .map(({ name }) => `${name}.ts`)
        .toSorted(),
    ).toEqual(found.toSorted());
    expect(() => dialectsOf({ './dialects/other.ts': short('short') })).toThrow('it is named as its file');
  });

  it.each([
    ['of a whole model', ['model.norm.weight', 'layers.0.up', 'lm_head.weight'], null],
    ['of no model', ['w', 'layers.up'], null],
    ['without a head', ['layers.0.up', 'norm.weight', 'lm_head.weight'], 'model.layers.0.up'],
    ['of GPT-2 without a head', ['h.0.attn.c_attn.weight', 'wte.weight'], 'transformer.h.0.attn.c_attn.weight'],
    [
      'of OPT without a head',
      ['decoder.layers.0.fc1.weight', 'decoder.embed_tokens.weight'],
      'model.decoder.layers.0.fc1.weight',
    ],
    [
      'of Pythia without a head',
      ['layers.0.attention.dense.weight', 'embed_in.weight', 'embed_out.weight'],
      'gpt_neox.layers.0.attention.dense.weight',
    ],
    ['of a language model beside a tower', ['language_model.model.norm.weight', 'vision_tower.x'], 'model.norm.weight'],
    [
      'of the same, as it is written since',
      ['model.language_model.norm.weight', 'lm_head.weight'],
      'model.norm.weight',
    ],
    ['of the authors of Mamba', ['backbone.embedding.weight', 'lm_head.weight'], 'backbone.embeddings.weight'],
    ['of Mamba in transformers', ['backbone.embeddings.weight', 'lm_head.weight'], null],
    ['of Mamba without a head', ['layers.0.mixer.D', 'embeddings.weight'], 'backbone.layers.0.mixer.D'],
    ['of a tower, as it was published', ['vision_tower.vision_model.x', 'lm_head.weight'], 'vision_tower.x'],
    ['of a tower, as it is written since', ['model.vision_tower.x', 'lm_head.weight'], 'vision_tower.x'],
    ['of a tower, in between', ['model.vision_tower.vision_model.x'], 'vision_tower.x'],
    ['of a tower, by its own name', ['vision_tower.x', 'language_model.model.norm.weight'], 'vision_tower.x'],
    ['of a projector', ['model.multi_modal_projector.x', 'lm_head.weight'], 'multi_modal_projector.x'],
    ['of Idefics3', ['model.text_model.norm.weight', 'model.vision_model.x'], 'model.norm.weight'],
    ['of the one that was added', ['b0.up', 'norm.weight'], 'model.layers.0.up'],
  ])('names %s', (_, names, first) => {
    expect(names.map(namesIn(names, withShort))[0]).toBe(first ?? names[0]);
  });

  it('that claim the same names are told', async () => {
    const error = await failureOf(() => namesIn(['b0.up', 'layers.0.up'], withShort));
    expect([error.code, error.details.found]).toEqual(['several-dialects', 'headless, short']);
  });
});
