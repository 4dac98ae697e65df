/** What the configs of decoders say alike: sizes, heads, positions. Fields of one architecture alone are read by its file. */
import type { Activation } from '../util/activation';
import type { Fields } from './fields';
import { parseRope, type RopeDefaults } from './ropeFields';
import type { Rope } from './rotary';

/** A stack of blocks of self-attention and a gated MLP. */
export interface Decoder extends Heads {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly maxContext: number;
  readonly activation: Activation;
  /** ε of every norm. */
  readonly epsilon: number;
  readonly rope: Rope;
  /** Whether the head is the embedding. */
  readonly tied: boolean;
}

export interface Heads {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
}

/** Values of missing fields where an architecture has its own. */
export interface DecoderDefaults {
  /** Hidden size over heads when left out. */
  readonly headSize?: number;
  readonly rope?: RopeDefaults;
  /** 1e-6 when left out. */
  readonly epsilon?: number;
  /** False when left out. */
  readonly tied?: boolean;
  /** 2048 when left out. */
  readonly maxContext?: number;
  /** Reads the activation; left out, "silu" and nothing else is read from hidden_act. */
  readonly activation?: (fields: Fields) => Activation;
}

/** Limits far above any published model; a larger number is a damaged or hostile file. */
export const limits = {
  vocabulary: 2 ** 20,
  hidden: 65_536,
  intermediate: 2 ** 20,
  layers: 1024,
  heads: 1024,
  context: 2 ** 30,
} as const;

/** Largest head that the attention kernel holds in registers; it works on groups of four. */
export const largestHead = 256;

/** FormatError also on what would change the mathematics and is not supported. */
export function readDecoder(fields: Fields, defaults: DecoderDefaults = {}): Decoder {
  const { epsilon = 1e-6, tied = false, maxContext: usualContext = 2048, activation = silu } = defaults;
  refuseQuantized(fields);
  if (fields.flag('rope_interleaved', false))
    throw fields.fail('rope_interleaved', 'none: halves of heads are rotated');
  const hidden = fields.integer('hidden_size', { min: 4, max: limits.hidden });
  const heads = readHeads(fields, hidden, defaults.headSize);
  const context = { min: 1, max: limits.context, fallback: usualContext };
  const maxContext = fields.integer('max_position_embeddings', context);
  return {
    vocabulary: fields.integer('vocab_size', { min: 1, max: limits.vocabulary }),
    hidden,
    intermediate: fields.integer('intermediate_size', { min: 1, max: limits.intermediate }),
    layers: fields.integer('num_hidden_layers', { min: 1, max: limits.layers }),
    ...heads,
    maxContext,
    activation: activation(fields),
    epsilon: fields.number('rms_norm_eps', { min: 0, max: 1, fallback: epsilon }),
    rope: parseRope(fields, maxContext, heads.headSize, defaults.rope),
    tied: fields.flag('tie_word_embeddings', tied),
  };
}

export function refuseQuantized(fields: Fields): void {
  if (fields.has('quantization_config')) {
    throw fields.fail('quantization_config', 'none: this checkpoint is quantized already. Open the original weights');
  }
}

function readHeads(fields: Fields, hidden: number, ownHeadSize: number | undefined): Heads {
  const heads = fields.integer('num_attention_heads', { min: 1, max: limits.heads });
  const keyValueHeads = fields.integer('num_key_value_heads', { min: 1, max: heads, fallback: heads });
  if (heads % keyValueHeads) throw fields.fail('num_key_value_heads', `a divisor of num_attention_heads (${heads})`);
  if (!fields.has('head_dim') && !ownHeadSize && hidden % heads) {
    throw fields.fail('num_attention_heads', `a divisor of hidden_size (${hidden})`);
  }
  const headSize = fields.integer('head_dim', { min: 4, max: largestHead, fallback: ownHeadSize ?? hidden / heads });
  requireHeadSize(fields, 'head_dim', headSize, 'hidden_size / num_attention_heads');
  return { heads, keyValueHeads, headSize };
}

/** `made`: what the size follows from where the field is missing. */
export function requireHeadSize(fields: Fields, field: string, size: number, made: string): void {
  if (size % 4 || size > largestHead || size < 4) {
    throw fields.fail(field, `a multiple of 4 up to ${largestHead}; ${made} is ${size}`);
  }
}

const spelled: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  quick_gelu: 'quick-gelu',
};

/** An activation by the name that transformers has for it. */
export function readActivation(fields: Fields, field: string, fallback: string): Activation {
  const name = fields.text(field) ?? fallback;
  const known = Object.hasOwn(spelled, name) ? spelled[name] : undefined;
  if (!known) throw fields.fail(field, `one of ${Object.keys(spelled).join(', ')}`);
  return known;
}

function silu(fields: Fields): Activation {
  const activation = fields.text('hidden_act') ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') throw fields.fail('hidden_act', '"silu"');
  return 'silu';
}
