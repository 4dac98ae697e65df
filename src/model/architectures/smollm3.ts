/**
 * SmolLM3 (Bakouch et al., 2025): a Llama, tied by default, in which every fourth layer, or those that `no_rope_layers` marks with 0, does not
 * rotate (NoPE, Yang et al., 2025), and on request sees a sliding window.
 */
import type { Fields } from '../fields';
import { llamaLike } from '../parts/llama';
import { windowsByType } from '../parts/windows';

const usual = {
  vocab_size: 128_256,
  hidden_size: 2048,
  intermediate_size: 11_008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  max_position_embeddings: 32_768,
};

export const architecture = llamaLike(
  { name: 'smollm3', usual },
  (fields, { layers, rope }) => {
    const rotating = rotatingLayers(fields, layers);
    const window = () => fields.integer('sliding_window', { min: 1, max: 2 ** 30 });
    // By type a layer slides whatever `use_sliding_window` says, as transformers masks it.
    const named = windowsByType(fields, layers, window);
    const slides = fields.flag('use_sliding_window', false) && fields.has('sliding_window');
    const attention = fields.flag('attention_bias', false);
    return {
      biases: { qkv: attention, output: attention, mlp: fields.flag('mlp_bias', false) },
      headNorms: 'none',
      window: (layer) => named?.[layer] ?? (slides && !rotating[layer] ? window() : Infinity),
      rotation: (layer) => (rotating[layer] ? rope : null),
    };
  },
  { rope: { base: 2_000_000 }, tied: true },
);

/** Longer lists are read as far as there are layers, as transformers does. */
function rotatingLayers(fields: Fields, layers: number): readonly boolean[] {
  if (!fields.has('no_rope_layers')) {
    const interval = fields.integer('no_rope_layer_interval', { min: 1, max: 2 ** 20, fallback: 4 });
    return Array.from({ length: layers }, (_, layer) => (layer + 1) % interval !== 0);
  }
  const marks = fields.values.no_rope_layers;
  if (!Array.isArray(marks) || marks.length < layers || !marks.every((mark) => mark === 0 || mark === 1)) {
    throw fields.fail('no_rope_layers', `a list of ${layers} marks, 1 where a layer rotates and 0 where it does not`);
  }
  return marks.slice(0, layers).map((mark) => mark === 1);
}
