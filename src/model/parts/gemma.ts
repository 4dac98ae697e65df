/**
 * What Gemma 2 and 3 (Gemma team, 2024 and 2025) change of LLaMA alike: norms on both sides of attention and MLP with gains of 1 + w, GELU by
 * tanh, an embedding times √hidden, scores over √query_pre_attn_scalar, soft caps, and windows in some of the layers.
 */
import type { Decoder, DecoderDefaults } from '../decoder';
import { readActivation } from '../decoder';
import type { Fields } from '../fields';
import type { RopeDefaults } from '../ropeFields';
import type { Particulars } from './llama';
import { windowsByType } from './windows';

export const gemmaDefaults = (rope: RopeDefaults): DecoderDefaults => ({
  headSize: 256,
  tied: true,
  maxContext: 8192,
  activation: (fields) => readActivation(fields, 'hidden_activation', 'gelu_pytorch_tanh'),
  rope,
});

/** `full`: the layers that see all keys where config.json does not name them one by one. */
export function gemmaParticulars(
  fields: Fields,
  { hidden, layers }: Decoder,
  full: (layer: number) => boolean,
): Pick<Particulars, 'biases' | 'norms' | 'above' | 'embedding' | 'scores'> & { readonly windows: readonly number[] } {
  if (fields.flag('use_bidirectional_attention', false)) {
    throw fields.fail('use_bidirectional_attention', 'false: every token sees those before it');
  }
  const window = () => fields.integer('sliding_window', { min: 1, max: 2 ** 30, fallback: 4096 });
  const attention = fields.flag('attention_bias', false);
  const scalar = fields.number('query_pre_attn_scalar', { min: 1e-6, max: 1e9, fallback: 256 });
  return {
    biases: { qkv: attention, output: attention, mlp: false },
    norms: {
      before: { attention: 'input_layernorm', mlp: 'pre_feedforward_layernorm' },
      behind: { attention: 'post_attention_layernorm', mlp: 'post_feedforward_layernorm' },
    },
    above: 1,
    embedding: Math.sqrt(hidden),
    scores: { scale: scalar ** -0.5 },
    windows:
      windowsByType(fields, layers, window) ??
      Array.from({ length: layers }, (_, layer) => (full(layer) ? Infinity : window())),
  };
}

/** A soft cap; null in the file: none. */
export function capOf(fields: Fields, field: string, fallback: number | null): { readonly cap?: number } {
  const given = fields.values[field];
  if (given === null || (given === undefined && fallback === null)) return {};
  return { cap: fields.number(field, { min: 1e-6, max: 1e9, fallback: fallback ?? 0 }) };
}
