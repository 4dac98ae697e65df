/**
 * Frequencies of the rotary embedding and the four ways in which the family stretches them: none, linear (positions divided by a
 * factor), dynamic (base raised with the length: "NTK-aware"), llama3 (low frequencies divided, high ones kept, a ramp between).
 * Formulas as transformers defines them for the same names (modeling_rope_utils.py). Float64 on the host.
 */
import type { Fields } from './config';

export type Rope = { readonly base: number } & (
  | { readonly kind: 'default' }
  | { readonly kind: 'linear'; readonly factor: number }
  | { readonly kind: 'dynamic'; readonly factor: number; readonly maxContext: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFactor: number;
      readonly highFactor: number;
      /** Context before stretching. */
      readonly original: number;
    }
);

const factorRule = { min: 1, max: 1e6 };

/** Reads rope_theta and rope_scaling, or rope_parameters, which holds both in newer files. */
export function parseRope(fields: Fields, maxContext: number): Rope {
  const scaling = fields.object('rope_parameters') ?? fields.object('rope_scaling');
  const baseRule = { min: 1, max: 1e12, fallback: 10_000 };
  const base = scaling?.has('rope_theta')
    ? scaling.number('rope_theta', baseRule)
    : fields.number('rope_theta', baseRule);
  if (!scaling) return { kind: 'default', base };
  const nested = Object.keys(scaling.values).find((name) => name.endsWith('_attention'));
  if (nested) throw scaling.fail(nested, 'none: one rotation for all layers');
  if (scaling.has('partial_rotary_factor') && scaling.values.partial_rotary_factor !== 1) {
    throw scaling.fail('partial_rotary_factor', '1: heads are rotated whole');
  }
  const typeField = scaling.has('rope_type') ? 'rope_type' : 'type';
  const kind = scaling.text(typeField) ?? 'default';
  switch (kind) {
    case 'default':
      return { kind, base };
    case 'linear':
      return { kind, base, factor: scaling.number('factor', factorRule) };
    case 'dynamic':
      return { kind, base, factor: scaling.number('factor', factorRule), maxContext };
    case 'llama3': {
      const lowFactor = scaling.number('low_freq_factor', { min: 1e-6, max: 1e6 });
      const highFactor = scaling.number('high_freq_factor', { min: 1e-6, max: 1e6 });
      if (highFactor <= lowFactor) throw scaling.fail('high_freq_factor', `more than low_freq_factor (${lowFactor})`);
      return {
        kind,
        base,
        factor: scaling.number('factor', factorRule),
        lowFactor,
        highFactor,
        original: scaling.integer('original_max_position_embeddings', { min: 1, max: 2 ** 30, fallback: maxContext }),
      };
    }
    default:
      throw scaling.fail(typeField, '"default", "linear", "dynamic" or "llama3"');
  }
}

/** Radians per position of each pair of a head, [headSize / 2], for windows of `length` tokens. */
export function rotaryFrequencies(rope: Rope, headSize: number, length: number): Float64Array {
  const plain = (base: number) => Float64Array.from({ length: headSize / 2 }, (_, i) => base ** ((-2 * i) / headSize));
  switch (rope.kind) {
    case 'default':
      return plain(rope.base);
    case 'linear':
      return plain(rope.base).map((f) => f / rope.factor);
    case 'dynamic': {
      const stretch = (rope.factor * Math.max(length, rope.maxContext)) / rope.maxContext - (rope.factor - 1);
      return plain(rope.base * stretch ** (headSize / (headSize - 2)));
    }
    case 'llama3':
      return plain(rope.base).map((f) => {
        // Turns that a pair makes within the original context.
        const turns = (rope.original * f) / (2 * Math.PI);
        if (turns < rope.lowFactor) return f / rope.factor;
        if (turns > rope.highFactor) return f;
        const kept = (turns - rope.lowFactor) / (rope.highFactor - rope.lowFactor);
        return (1 - kept) * (f / rope.factor) + kept * f;
      });
  }
}
