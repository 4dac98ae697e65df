/** Which layers of a Qwen model slide: those that `layer_types` names, or in older files those from `max_window_layers` on. */
import type { Fields } from '../config';

export function qwenWindows(fields: Fields, layers: number): readonly number[] {
  const slides = fields.flag('use_sliding_window', false) && fields.has('sliding_window');
  const window = slides ? fields.integer('sliding_window', { min: 1, max: 2 ** 30 }) : Infinity;
  const types = fields.values.layer_types;
  if (types === undefined || types === null) {
    const first = fields.integer('max_window_layers', { min: 0, max: 2 ** 20, fallback: 28 });
    return Array.from({ length: layers }, (_, i) => (i >= first ? window : Infinity));
  }
  if (!Array.isArray(types) || types.length !== layers) throw fields.fail('layer_types', `a list of ${layers} names`);
  return types.map((type: unknown) => {
    if (type === 'full_attention') return Infinity;
    if (type === 'sliding_attention') return window;
    throw fields.fail('layer_types', 'a list of "full_attention" and "sliding_attention"');
  });
}
