/** Whether llama.cpp adds BOS: what gguf 0.19's SpecialVocab writes as add_bos_token, and llama.cpp's default where it writes none. */
import { describe, expect, it } from 'vitest';
import { addsBos } from '../../src/formats/addsBos';

const ids = new Map([
  ['<s>', 1],
  ['<x>', 7],
]);
const template = (first: string) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: first, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
});
const byteLevel = { type: 'ByteLevel', add_prefix_space: false };

describe('BOS before a text in llama.cpp', () => {
  const cases: readonly (readonly [string, boolean, unknown, Readonly<Record<string, unknown>>, boolean])[] = [
    ['what tokenizer_config.json says', true, null, { add_bos_token: true }, false],
    ['which counts more than a template', false, template('<s>'), { add_bos_token: false }, false],
    ['a template that begins with BOS', true, template('<s>'), {}, false],
    ['the same among others', true, { type: 'Sequence', processors: [byteLevel, template('<s>')] }, {}, false],
    ['a template that begins with another', false, template('<x>'), {}, true],
    ['byte level without a template (SmolLM2, GPT-2)', false, byteLevel, {}, false],
    ['SentencePiece without a template', true, null, {}, true],
    ['a setting that is no flag', false, byteLevel, { add_bos_token: 'yes' }, false],
  ];
  for (const [name, want, processor, settings, bytes] of cases) {
    it(name, () => {
      const json = { post_processor: processor, model: { type: 'BPE', byte_fallback: bytes } } as never;
      expect(addsBos(json, settings as never, ids, 1)).toBe(want);
      expect(addsBos(json, settings as never, ids, null)).toBe(false);
    });
  }
});
