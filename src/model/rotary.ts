/**
 * Frequencies of the rotary embedding and the four ways in which the family stretches them: none, linear (positions divided by a
 * factor), dynamic (base raised with the length: "NTK-aware"), llama3 (low frequencies divided, high ones kept, a ramp between).
 * Formulas as transformers defines them for the same names (modeling_rope_utils.py). Float64 on the host.
 */
import { describe } from '../formats/strictJson';
import type { Fields } from './fields';

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

/**
 * Reads rope_theta and rope_scaling, or rope_parameters, which holds both in newer files. Where a file has the two, rope_scaling is obeyed, as
 * transformers does; what rope_parameters then says otherwise is named, not dropped. `fallback`: the base where a file names none.
 */
export function parseRope(fields: Fields, maxContext: number, fallback = 10_000): Rope {
  const parameters = fields.object('rope_parameters');
  const given = fields.object('rope_scaling');
  const scaling = given && Object.keys(given.values).length > 0 ? given : parameters;
  const baseRule = { min: 1, max: 1e12, fallback };
  const base = scaling?.has('rope_theta')
    ? scaling.number('rope_theta', baseRule)
    : fields.number('rope_theta', baseRule);
  if (parameters && scaling !== parameters) refuseContradiction(parameters, base, scaling);
  if (!scaling) return { kind: 'default', base };
  const nested = Object.keys(scaling.values).find((name) => name.endsWith('_attention'));
  if (nested) throw scaling.fail(nested, 'none: one rotation for all layers');
  if (scaling.has('partial_rotary_factor') && scaling.values.partial_rotary_factor !== 1) {
    throw scaling.fail('partial_rotary_factor', '1: heads are rotated whole');
  }
  const typeField = typeFieldOf(scaling);
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
        // Beside the others it goes before one among them, as in transformers.
        original: (fields.has('original_max_position_embeddings') ? fields : scaling).integer(
          'original_max_position_embeddings',
          { min: 1, max: 2 ** 30, fallback: maxContext },
        ),
      };
    }
    default:
      throw scaling.fail(typeField, '"default", "linear", "dynamic" or "llama3"');
  }
}

const typeFieldOf = (scaling: Fields) => (scaling.has('rope_type') ? 'rope_type' : 'type');

/** Names what `parameters` says and `scaling`, which is obeyed, does not. */
function refuseContradiction(parameters: Fields, base: number, scaling: Fields | null): void {
  if (parameters.has('rope_theta') && parameters.values.rope_theta !== base) {
    throw parameters.fail('rope_theta', `${base}, which applies where rope_scaling stands beside it`);
  }
  const field = typeFieldOf(parameters);
  const kind = parameters.text(field) ?? 'default';
  if (kind !== 'default' && scaling) {
    const differs = Object.keys(parameters.values).find(
      (key) =>
        key !== 'rope_theta' && parameters.values[key] !== scaling.values[key === field ? typeFieldOf(scaling) : key],
    );
    if (differs)
      throw parameters.fail(differs, `${describe(scaling.values[differs])} as in rope_scaling, or no rope_scaling`);
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
