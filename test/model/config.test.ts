/** config.json: defaults, the family's differences, and files that are damaged, foreign or hostile. */
import { describe, expect, it } from 'vitest';
import { architectures, blueprintOf } from '../../src/model/architectures';
import { rotatedWidth, rotaryFrequencies } from '../../src/model/rotary';
import { FormatError } from '../../src/util/errors';
import { present } from '../../src/util/assert';
import { createRng } from '../../src/util/rng';
import { smallLlama, smallOf } from './synthetic';
import { transcripts } from './transcript';

const without = (field: string) => Object.fromEntries(Object.entries(smallLlama).filter(([name]) => name !== field));

const first = (config: Record<string, unknown>) => present(transcripts(config)[0], 'a block');
const rope = (config: Record<string, unknown>) => present(first(config).rotations[0], 'a rotation').rope;
const windows = (config: Record<string, unknown>) => transcripts(config).map(({ attends }) => attends[0]?.sees);
/** Layers with a bias. */
const biased = (config: Record<string, unknown>) =>
  first(config).layers.flatMap(({ name, bias }) => (bias ? [name.replace(/^.*\./, '')] : []));

function failure(config: Record<string, unknown>): FormatError {
  try {
    blueprintOf(config);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(config)}`);
}

describe('config', () => {
  it('fills in what files leave out', () => {
    const { num_key_value_heads: _, rms_norm_eps: __, ...rest } = smallLlama;
    expect(first(rest).attends).toEqual([{ heads: 4, keyValueHeads: 4, size: 4, sees: Infinity }]);
    expect(first(rest).norms.map(({ epsilon }) => epsilon)).toEqual([1e-6, 1e-6]);
    expect(blueprintOf(rest).head.tied).toBe(false);
    expect(rope(rest)).toEqual({ kind: 'default', base: 10_000 });
  });

  it('reads both spellings of the positions’ stretching', () => {
    const old = rope({ ...smallLlama, rope_theta: 5e5, rope_scaling: { type: 'linear', factor: 2 } });
    const { rope_theta: _, ...rest } = smallLlama;
    const recent = rope({ ...rest, rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 5e5 } });
    expect(old).toEqual({ kind: 'linear', base: 5e5, factor: 2 });
    expect(recent).toEqual(old);
  });

  it('knows what sets the architectures apart', () => {
    expect(windows({ ...smallLlama, model_type: 'mistral' })).toEqual([4096, 4096]);
    expect(windows({ ...smallLlama, model_type: 'mistral', sliding_window: null })).toEqual([Infinity, Infinity]);
    expect(biased({ ...smallLlama, model_type: 'qwen2' })).toEqual(['q_proj', 'k_proj', 'v_proj']);
    expect(biased(smallLlama)).toEqual([]);
    expect(first({ ...smallLlama, model_type: 'qwen3' }).attends[0]?.size).toBe(128);
    const qwen = first({ ...smallLlama, model_type: 'qwen3', head_dim: 8 });
    expect(qwen.norms.map(({ name, width }) => `${name} ${width}`)).toEqual([
      'input_layernorm 16',
      'self_attn.q_norm 8',
      'self_attn.k_norm 8',
      'post_attention_layernorm 16',
    ]);
    const slides = { ...smallLlama, model_type: 'qwen2', use_sliding_window: true, sliding_window: 8 };
    expect(windows({ ...slides, max_window_layers: 1 })).toEqual([Infinity, 8]);
    expect(windows({ ...slides, layer_types: ['sliding_attention', 'full_attention'] })).toEqual([8, Infinity]);
    const all = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
    expect(biased({ ...smallLlama, attention_bias: true, mlp_bias: true })).toEqual(all);
  });

  it('knows which layers of SmolLM3 rotate, and which slide', () => {
    const five = { ...smallLlama, model_type: 'smollm3', num_hidden_layers: 5 };
    const rotating = (more: object) =>
      transcripts({ ...five, ...more }).map(({ rotations }) => (rotations.length === 2 ? 1 : 0));
    expect(rotating({})).toEqual([1, 1, 1, 0, 1]);
    expect(rotating({ no_rope_layer_interval: 2 })).toEqual([1, 0, 1, 0, 1]);
    // A list goes before the interval, and may be longer than the model is deep.
    expect(rotating({ no_rope_layer_interval: 2, no_rope_layers: [0, 1, 1, 1, 0, 0] })).toEqual([0, 1, 1, 1, 0]);
    const slides = { ...five, sliding_window: 8, no_rope_layers: [1, 0, 1, 0, 1] };
    const all = Infinity;
    expect(windows(slides)).toEqual([all, all, all, all, all]);
    expect(windows({ ...slides, use_sliding_window: true })).toEqual([all, 8, all, 8, all]);
    expect(windows({ ...slides, use_sliding_window: true, sliding_window: null })).toEqual([all, all, all, all, all]);
    const layer_types = ['sliding_attention', ...Array.from({ length: 4 }, () => 'full_attention')];
    expect(windows({ ...slides, layer_types })).toEqual([8, all, all, all, all]);
    expect(windows({ ...slides, layer_types, use_sliding_window: true })).toEqual([8, all, all, all, all]);
  });

  it('fills in what files of SmolLM3 leave out', () => {
    const { rope_theta: _, tie_word_embeddings: __, rms_norm_eps: ___, ...rest } = smallLlama;
    const config = { ...rest, model_type: 'smollm3' };
    expect(rope(config)).toEqual({ kind: 'default', base: 2_000_000 });
    expect(blueprintOf(config).head.tied).toBe(true);
    expect(blueprintOf({ ...config, tie_word_embeddings: false }).head.tied).toBe(false);
    expect(first(config).norms.map(({ epsilon }) => epsilon)).toEqual([1e-6, 1e-6]);
    expect(biased(config)).toEqual([]);
    expect(biased({ ...config, attention_bias: true })).toEqual(['q_proj', 'k_proj', 'v_proj', 'o_proj']);
    expect(biased({ ...config, mlp_bias: true })).toEqual(['gate_proj', 'up_proj', 'down_proj']);
  });

  it.each([
    ['no_rope_layers', { no_rope_layers: [1] }],
    ['no_rope_layers', { no_rope_layers: [] }],
    ['no_rope_layers', { no_rope_layers: [1, 2] }],
    ['no_rope_layers', { no_rope_layers: '10' }],
    ['no_rope_layer_interval', { no_rope_layers: null, no_rope_layer_interval: 0 }],
    ['layer_types', { layer_types: ['full_attention'] }],
    ['sliding_window', { layer_types: ['sliding_attention', 'full_attention'] }],
    ['sliding_window', { use_sliding_window: true, sliding_window: 0 }],
  ])('names the field of SmolLM3: %s in %j', (field, more) => {
    expect(failure({ ...smallLlama, model_type: 'smollm3', no_rope_layers: [1, 0], ...more }).details.field).toBe(
      field,
    );
  });

  it('refuses unknown architectures by name, with what is supported', () => {
    const error = failure({ ...smallLlama, model_type: 'bert' });
    expect(error.code).toBe('unknown-architecture');
    const supported = architectures.map(({ name }) => name).join(', ');
    expect(error.message).toMatch(new RegExp(`"bert".*${supported}`));
    expect(failure(without('model_type')).message).toMatch(/no model_type/);
    expect(failure({ model_type: 'x'.repeat(1e6) }).message.length).toBeLessThan(supported.length + 200);
  });

  it.each([
    ['hidden_size', undefined],
    ['hidden_size', '16'],
    ['hidden_size', 1e9],
    ['hidden_size', 3],
    ['vocab_size', -1],
    ['vocab_size', 2 ** 40],
    ['num_hidden_layers', 0],
    ['num_hidden_layers', 1e6],
    ['num_attention_heads', 0],
    ['num_key_value_heads', 3],
    ['head_dim', 6],
    ['head_dim', 512],
    ['intermediate_size', 1.5],
    ['rms_norm_eps', -1],
    ['hidden_act', 'gelu'],
    ['tie_word_embeddings', 'yes'],
    ['quantization_config', { quant_method: 'gptq' }],
    ['rope_theta', 0],
    ['partial_rotary_factor', 0.5],
  ])('names the field: %s = %j', (field, value) => {
    const error = failure({ ...smallLlama, [field]: value });
    expect(error.code).toBe('config');
    expect(error.details).toMatchObject({ file: 'config.json', field });
    expect(error.message).toContain(`"${field}"`);
  });

  it.each([
    ['rope_scaling.rope_type', { rope_type: 'other', factor: 2 }],
    ['rope_scaling.factor', { type: 'linear' }],
    ['rope_scaling.factor', { type: 'dynamic', factor: 0.5 }],
    ['rope_scaling.high_freq_factor', { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 1 }],
    ['rope_scaling.full_attention', { full_attention: { rope_type: 'default' } }],
    ['rope_scaling', [1]],
  ])('names the field: %s', (field, scaling) => {
    expect(failure({ ...smallLlama, rope_scaling: scaling }).details.field).toBe(field);
  });

  it('obeys rope_scaling where rope_parameters stands beside it', () => {
    const beside = (parameters: object, scaling: object, more: object = {}) =>
      rope({ ...smallLlama, rope_parameters: parameters, rope_scaling: scaling, ...more });
    const linear = { rope_type: 'linear', factor: 4 };
    const plain = { rope_type: 'default', rope_theta: 10_000 };
    expect(beside(plain, linear)).toEqual({ kind: 'linear', factor: 4, base: 10_000 });
    expect(beside({ ...linear, rope_theta: 10_000 }, { type: 'linear', factor: 4 })).toEqual({
      kind: 'linear',
      factor: 4,
      base: 10_000,
    });
    // An empty one says nothing.
    expect(beside({ ...linear, rope_theta: 500 }, {})).toEqual({ kind: 'linear', factor: 4, base: 500 });
    expect(beside(plain, { ...linear, rope_theta: 10_000 }, { rope_theta: 7 })).toMatchObject({ base: 10_000 });
  });

  it.each([
    ['rope_scaling.rope_type', { rope_type: 'default' }, { rope_type: 'other', factor: 4 }],
    ['rope_parameters.rope_theta', { rope_type: 'default', rope_theta: 1e6 }, { rope_type: 'linear', factor: 4 }],
    ['rope_parameters.rope_type', { rope_type: 'dynamic', factor: 4 }, { rope_type: 'linear', factor: 4 }],
    ['rope_parameters.factor', { rope_type: 'linear', factor: 2 }, { type: 'linear', factor: 4 }],
  ])('names a contradiction between them: %s', (field, rope_parameters, rope_scaling) => {
    expect(failure({ ...smallLlama, rope_parameters, rope_scaling }).details.field).toBe(field);
  });

  it('takes the original context of llama3 from the top before one among the others, as transformers does', () => {
    const rope_scaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 16,
    };
    const of = (more: object) => rope({ ...smallLlama, rope_scaling, ...more });
    expect(of({})).toMatchObject({ original: 16 });
    expect(of({ original_max_position_embeddings: 8 })).toMatchObject({ original: 8 });
  });

  it('survives 2 000 mutated configs: a value or one of our errors', () => {
    const rng = createRng(7);
    const hostile = [
      null,
      -1,
      0,
      1e308,
      NaN,
      '',
      'silu',
      [],
      {},
      true,
      2 ** 53,
      0.5,
      { rope_type: 'llama3', factor: 1e300 },
    ];
    const names = [
      ...Object.keys(smallLlama),
      'rope_scaling',
      'head_dim',
      'layer_types',
      'sliding_window',
      'use_sliding_window',
      ...Object.keys(smallOf('')),
      'scale_attn_weights',
      'activation_function',
      'word_embed_proj_dim',
      'final_logit_softcapping',
      'query_pre_attn_scalar',
      'rope_parameters',
    ];
    for (let i = 0; i < 2000; i++) {
      const config: Record<string, unknown> = {
        ...smallOf(architectures[i % architectures.length]?.name ?? ''),
      };
      for (let n = 0; n <= rng.integer(3); n++)
        config[names[rng.integer(names.length)]!] = hostile[rng.integer(hostile.length)];
      try {
        for (const { rope, size } of first(config).rotations) {
          const frequencies = rotaryFrequencies(rope, rotatedWidth(rope, size), 64);
          expect(frequencies.every((f) => f >= 0 && f <= 1)).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
