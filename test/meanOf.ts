/** A value of a result or of a point of the page; NaN where there is none. */
import type { Values } from '../src/log/events';

export const meanOf = (of: { readonly values: Values } | undefined, name = 'perplexity'): number =>
  of?.values[name]?.mean ?? NaN;
