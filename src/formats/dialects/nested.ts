/**
 * Models that look at pictures hold their language model and their tower under names of their own, which releases of transformers have written
 * in several ways: "language_model.model.layers.0…" and "model.language_model.layers.0…"; Idefics3 says "model.text_model.layers.0…",
 * VILA keeps a whole checkpoint in a folder "llm".
 */
import type { Dialect } from '../dialect';

const written: readonly (readonly [RegExp, string])[] = [
  [/^llm\./, ''],
  [/^language_model\.model\./, 'model.'],
  [/^language_model\.lm_head\./, 'lm_head.'],
  [/^model\.(language|text)_model\./, 'model.'],
  [/^(model\.)?vision_tower\.(vision_model\.)?/, 'vision_tower.'],
  [/^model\.multi_modal_projector\./, 'multi_modal_projector.'],
];

function nameOf(stored: string): string {
  const [begins, prefix] = written.find(([begins]) => begins.test(stored)) ?? [];
  return begins ? stored.replace(begins, prefix ?? '') : stored;
}

export const dialect: Dialect = {
  name: 'nested',
  read: (names) => (names.some((name) => written.some(([begins]) => begins.test(name))) ? nameOf : null),
};
