/** config.json: defaults, the family's differences, and files that are damaged, foreign or hostile. */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/model/parseConfig';
import { rotaryFrequencies } from '../../src/model/rotary';
import { FormatError } from '../../src/util/errors';
import { createRng } from '../../src/util/rng';
import { smallLlama } from './synthetic';

const without = (field: string) => Object.fromEntries(Object.entries(smallLlama).filter(([name]) => name !== field));

function failure(config: Record<string, unknown>): FormatError {
  try {
    parseConfig(config);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(config)}`);
}

describe('config', () => {
  it('fills in what files leave out', () => {
    const { num_key_value_heads: _, rms_norm_eps: __, ...rest } = smallLlama;
    const config = parseConfig(rest);
    expect(config).toMatchObject({ keyValueHeads: 4, headSize: 4, epsilon: 1e-6, tiedEmbeddings: false });
    expect(config.rope).toEqual({ kind: 'default', base: 10_000 });
    expect(config.slidingWindows).toEqual([Infinity, Infinity]);
  });

  it('reads both spellings of the positions’ stretching', () => {
    const old = parseConfig({ ...smallLlama, rope_theta: 5e5, rope_scaling: { type: 'linear', factor: 2 } });
    const { rope_theta: _, ...rest } = smallLlama;
    const recent = parseConfig({ ...rest, rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 5e5 } });
    expect(old.rope).toEqual({ kind: 'linear', base: 5e5, factor: 2 });
    expect(recent.rope).toEqual(old.rope);
  });

  it('knows what sets the architectures apart', () => {
    expect(parseConfig({ ...smallLlama, model_type: 'mistral' }).slidingWindows).toEqual([4096, 4096]);
    expect(parseConfig({ ...smallLlama, model_type: 'mistral', sliding_window: null }).slidingWindows[0]).toBe(
      Infinity,
    );
    expect(parseConfig({ ...smallLlama, model_type: 'qwen2' }).biases).toEqual({
      qkv: true,
      output: false,
      mlp: false,
    });
    expect(parseConfig({ ...smallLlama, model_type: 'qwen3' }).headSize).toBe(128);
    expect(parseConfig({ ...smallLlama, model_type: 'qwen3', head_dim: 8 })).toMatchObject({
      headNorms: true,
      headSize: 8,
    });
    const windows = { model_type: 'qwen2', use_sliding_window: true, sliding_window: 8 };
    expect(parseConfig({ ...smallLlama, ...windows, max_window_layers: 1 }).slidingWindows).toEqual([Infinity, 8]);
    const types = ['sliding_attention', 'full_attention'];
    expect(parseConfig({ ...smallLlama, ...windows, layer_types: types }).slidingWindows).toEqual([8, Infinity]);
    expect(parseConfig({ ...smallLlama, attention_bias: true, mlp_bias: true }).biases).toEqual({
      qkv: true,
      output: true,
      mlp: true,
    });
  });

  it('refuses unknown architectures by name, with what is supported', () => {
    const error = failure({ ...smallLlama, model_type: 'gpt2' });
    expect(error.code).toBe('unknown-architecture');
    expect(error.message).toMatch(/"gpt2".*llama, mistral, qwen2, qwen3/);
    expect(failure(without('model_type')).message).toMatch(/no model_type/);
    expect(failure({ model_type: 'x'.repeat(1e6) }).message.length).toBeLessThan(400);
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
    ['rope_scaling.rope_type', { rope_type: 'yarn', factor: 2 }],
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
      parseConfig({ ...smallLlama, rope_parameters: parameters, rope_scaling: scaling, ...more }).rope;
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
    ['rope_scaling.rope_type', { rope_type: 'default' }, { rope_type: 'yarn', factor: 4 }],
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
    const of = (more: object) => parseConfig({ ...smallLlama, rope_scaling, ...more }).rope;
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
    ];
    for (let i = 0; i < 2000; i++) {
      const config: Record<string, unknown> = {
        ...smallLlama,
        model_type: ['llama', 'mistral', 'qwen2', 'qwen3'][i % 4],
      };
      for (let n = 0; n <= rng.integer(3); n++)
        config[names[rng.integer(names.length)]!] = hostile[rng.integer(hostile.length)];
      try {
        const parsed = parseConfig(config);
        const frequencies = rotaryFrequencies(parsed.rope, parsed.headSize, 64);
        expect(frequencies.every((f) => f >= 0 && f <= 1)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
