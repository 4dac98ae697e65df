/** Which layers of a model slide, where its config names them one by one. */
import type { Fields } from '../fields';

/** The window of each layer by `layer_types`, `window` of those that slide; null where the config has none. */
export function windowsByType(fields: Fields, layers: number, window: () => number): readonly number[] | null {
  if (!fields.has('layer_types')) return null;
  const types = fields.values.layer_types;
  if (!Array.isArray(types) || types.length !== layers) throw fields.fail('layer_types', `a list of ${layers} names`);
  return types.map((type: unknown) => {
    if (type === 'full_attention') return Infinity;
    if (type === 'sliding_attention') return window();
    throw fields.fail('layer_types', 'a list of "full_attention" and "sliding_attention"');
  });
}

/**
 * Qwen: with `use_sliding_window` those layers slide that `layer_types` names, or in older files those from `max_window_layers` on.
 */
export function qwenWindows(fields: Fields, layers: number): readonly number[] {
  const slides = fields.flag('use_sliding_window', false) && fields.has('sliding_window');
  const window = slides ? fields.integer('sliding_window', { min: 1, max: 2 ** 30 }) : Infinity;
  const named = windowsByType(fields, layers, () => window);
  if (named) return named;
  const first = fields.integer('max_window_layers', { min: 0, max: 2 ** 20, fallback: 28 });
  return Array.from({ length: layers }, (_, layer) => (layer >= first ? window : Infinity));
}

/** Qwen2-MoE: with `use_sliding_window` those layers that `layer_types` names, or in older files every other one below `max_window_layers`. */
export function alternatingWindows(fields: Fields, layers: number): readonly number[] {
  const slides = fields.flag('use_sliding_window', false) && fields.values.sliding_window !== null;
  const window = slides ? fields.integer('sliding_window', { min: 1, max: 2 ** 30, fallback: 4096 }) : Infinity;
  const named = windowsByType(fields, layers, () => window);
  if (named) return named;
  const end = fields.integer('max_window_layers', { min: 0, max: 2 ** 20, fallback: 28 });
  return Array.from({ length: layers }, (_, layer) => (layer % 2 === 0 && layer < end ? window : Infinity));
}
