/**
 * Models that look at pictures hold their language model under names of its own, which releases of transformers have written in two ways:
 * "language_model.model.layers.0…" and "model.language_model.layers.0…".
 */
import type { Dialect } from '../dialect';

const written: readonly (readonly [RegExp, string])[] = [
  [/^language_model\.model\./, 'model.'],
  [/^language_model\.lm_head\./, 'lm_head.'],
  [/^model\.language_model\./, 'model.'],
];

function nameOf(stored: string): string {
  const [begins, prefix] = written.find(([begins]) => begins.test(stored)) ?? [];
  return begins ? stored.replace(begins, prefix ?? '') : stored;
}

export const dialect: Dialect = {
  name: 'nested',
  read: (names) => (names.some((name) => written.some(([begins]) => begins.test(name))) ? nameOf : null),
};
