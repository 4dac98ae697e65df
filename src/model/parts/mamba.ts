/**
 * What Mamba (Gu and Dao, 2023) and Mamba-2 (Dao and Gu, 2024) say alike: where a config says it, in the fields of transformers or in those of the
 * authors' own files, which name no model_type and keep the mixer's in an object; and what stands around the blocks.
 */
import type { Blueprint } from '../blueprint';
import { limits, refuseQuantized } from '../decoder';
import { Fields } from '../fields';
import type { Block, Filters, Parameter, Source } from '../steps';
import { namesIn } from './names';

/** A config of a state-space model, whoever wrote it. */
export interface MambaFields {
  readonly outer: Fields;
  /** Of the mixer. */
  readonly mixer: Fields;
  readonly names: Readonly<Record<keyof typeof transformersNames, string>>;
}

const transformersNames = {
  ...{ hidden: 'hidden_size', layers: 'num_hidden_layers', tied: 'tie_word_embeddings', epsilon: 'layer_norm_epsilon' },
  ...{ expand: 'expand', states: 'state_size', taps: 'conv_kernel', rank: 'time_step_rank' },
  ...{ biased: 'use_bias', filterBias: 'use_conv_bias', heads: 'num_heads', headSize: 'head_dim', groups: 'n_groups' },
  stepLimits: 'time_step_limit',
} as const;

/** ε and the number of heads are not in the authors' files: what stands for them here is no field of theirs. */
const originalNames: MambaFields['names'] = {
  ...{ hidden: 'd_model', layers: 'n_layer', tied: 'tie_embeddings', epsilon: 'norm_epsilon' },
  ...{ expand: 'expand', states: 'd_state', taps: 'd_conv', rank: 'dt_rank' },
  ...{ biased: 'bias', filterBias: 'conv_bias', heads: 'nheads', headSize: 'headdim', groups: 'ngroups' },
  stepLimits: 'dt_limit',
};

const isOriginal = (fields: Fields): boolean => !fields.has('model_type') && fields.has('d_model');

/** Whether the authors' own files say that the model has mixers of this kind. */
export function isOriginalOf(fields: Fields, mixer: 'Mamba1' | 'Mamba2'): boolean {
  return isOriginal(fields) && (fields.object('ssm_cfg')?.text('layer') ?? 'Mamba1') === mixer;
}

export function mambaFields(fields: Fields): MambaFields {
  refuseQuantized(fields);
  if (!isOriginal(fields)) {
    const activation = fields.text('hidden_act') ?? 'silu';
    if (activation !== 'silu' && activation !== 'swish') throw fields.fail('hidden_act', '"silu"');
    return { outer: fields, mixer: fields, names: transformersNames };
  }
  if (!fields.flag('rms_norm', true)) throw fields.fail('rms_norm', 'true: layer norms are not supported here');
  for (const field of ['attn_layer_idx', 'd_intermediate']) {
    const value = fields.values[field] ?? 0;
    if (value === 0 || (Array.isArray(value) && value.length === 0)) continue;
    throw fields.fail(field, 'none: models that mix Mamba with attention or MLPs are not supported');
  }
  return { outer: fields, mixer: fields.object('ssm_cfg') ?? new Fields({}, 'ssm_cfg.'), names: originalNames };
}

/** Sizes of a mixer. */
export interface Mixer {
  readonly hidden: number;
  /** Channels: expand · hidden. */
  readonly inner: number;
  readonly states: number;
  readonly taps: number;
  readonly epsilon: number;
  readonly biased: boolean;
  readonly filterBias: boolean;
}

export interface MambaDefaults {
  readonly hidden: number;
  readonly layers: number;
  readonly vocabulary: number;
  readonly states: number;
  readonly tied: boolean;
}

export function readMixer({ outer, mixer, names }: MambaFields, defaults: MambaDefaults): Mixer {
  const hidden = outer.integer(names.hidden, { min: 4, max: limits.hidden, fallback: defaults.hidden });
  const states = mixer.integer(names.states, { min: 4, max: 1024, fallback: defaults.states });
  if (states % 4) throw mixer.fail(names.states, 'a multiple of 4: states are worked on in fours');
  return {
    ...{ hidden, states },
    // A stored intermediate_size is not read, as in transformers.
    inner: hidden * mixer.integer(names.expand, { min: 1, max: 64, fallback: 2 }),
    taps: mixer.integer(names.taps, { min: 1, max: 64, fallback: 4 }),
    epsilon: outer.number(names.epsilon, { min: 0, max: 1, fallback: 1e-5 }),
    biased: mixer.flag(names.biased, false),
    filterBias: mixer.flag(names.filterBias, true),
  };
}

/** `heads`: as the card tells them; 0 for none. */
export function mambaPlan(
  { outer, names }: MambaFields,
  { hidden, epsilon }: Mixer,
  defaults: MambaDefaults,
  heads: number,
  block: (prefix: string) => Block,
): Blueprint {
  const said = outer.integer('vocab_size', { min: 1, max: limits.vocabulary, fallback: defaults.vocabulary });
  // The authors' files say how many ids there are, and store rows for a multiple of some number.
  const multiple =
    names === originalNames ? outer.integer('pad_vocab_size_multiple', { min: 1, max: 2 ** 16, fallback: 8 }) : 1;
  const vocabulary = Math.ceil(said / multiple) * multiple;
  const layers = outer.integer(names.layers, { min: 1, max: limits.layers, fallback: defaults.layers });
  return {
    // No position is learned or rotated by: windows of any length, here up to a million tokens.
    facts: { vocabulary, hidden, heads, keyValueHeads: heads, maxContext: 2 ** 20 },
    embed: { from: { tensor: 'backbone.embeddings.weight' } },
    blocks: Array.from({ length: layers }, (_, layer) => block(`backbone.layers.${layer}.`)),
    head: {
      from: { tensor: 'lm_head.weight' },
      gains: namesIn('backbone.').gains('norm_f', hidden),
      rule: { kind: 'rms', epsilon },
      tied: outer.flag(names.tied, names === originalNames ? true : defaults.tied),
    },
  };
}

/** A parameter of the mixer that is stored without ".weight". */
export function parameterIn(prefix: string, name: string, ...shape: readonly number[]): Parameter {
  return { name, shape, from: { tensor: `${prefix}${name}` } };
}

/** Filters of the mixer's one convolution, for as many channels each as are given, one below the other. */
export function filtersIn(
  prefix: string,
  parts: readonly (readonly [name: string, channels: number])[],
  { taps, filterBias }: Mixer,
): readonly Filters[] {
  const of = parts.reduce((sum, [, channels]) => sum + channels, 0);
  const tensor = `${prefix}mixer.conv1d`;
  let end = 0;
  return parts.map(([name, channels]) => {
    const begin = end;
    end += channels;
    const at = (suffix: string): Source => ({
      tensor: `${tensor}.${suffix}`,
      ...(parts.length > 1 && { rows: { begin, end: begin + channels, of } }),
    });
    return { name, channels, taps, from: at('weight'), ...(filterBias && { bias: at('bias') }) };
  });
}
