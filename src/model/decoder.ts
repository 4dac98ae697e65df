/** What the configs of decoders say alike: sizes, heads, positions. Fields of one architecture alone are read by its file. */
import type { Fields } from './fields';
import { parseRope, type Rope } from './rotary';

/** A stack of blocks of self-attention and a gated MLP. */
export interface Decoder {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly maxContext: number;
  /** ε of every norm. */
  readonly epsilon: number;
  readonly rope: Rope;
  /** Whether the head is the embedding. */
  readonly tied: boolean;
}

/** Values of missing fields where an architecture has its own. */
export interface DecoderDefaults {
  /** Hidden size over heads when left out. */
  readonly headSize?: number;
  /** 10 000 when left out. */
  readonly ropeBase?: number;
  /** 1e-6 when left out. */
  readonly epsilon?: number;
  /** False when left out. */
  readonly tied?: boolean;
}

/** Limits far above any published model; a larger number is a damaged or hostile file. */
const limits = {
  vocabulary: 2 ** 20,
  hidden: 65_536,
  intermediate: 2 ** 20,
  layers: 1024,
  heads: 1024,
  context: 2 ** 30,
} as const;

/** Largest head that the attention kernel holds in registers; it works on groups of four. */
const largestHead = 256;

/** FormatError also on what would change the mathematics and is not supported. */
export function readDecoder(fields: Fields, defaults: DecoderDefaults = {}): Decoder {
  const { headSize: ownHeadSize, ropeBase, epsilon = 1e-6, tied = false } = defaults;
  if (fields.has('quantization_config')) {
    throw fields.fail('quantization_config', 'none: this checkpoint is quantized already. Open the original weights');
  }
  const activation = fields.text('hidden_act') ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') throw fields.fail('hidden_act', '"silu"');
  for (const field of ['partial_rotary_factor', 'rope_interleaved']) {
    const value = fields.values[field];
    if (fields.has(field) && value !== 1 && value !== false) throw fields.fail(field, 'none: heads are rotated whole');
  }
  const hidden = fields.integer('hidden_size', { min: 4, max: limits.hidden });
  const heads = fields.integer('num_attention_heads', { min: 1, max: limits.heads });
  const keyValueHeads = fields.integer('num_key_value_heads', { min: 1, max: heads, fallback: heads });
  if (heads % keyValueHeads) throw fields.fail('num_key_value_heads', `a divisor of num_attention_heads (${heads})`);
  if (!fields.has('head_dim') && !ownHeadSize && hidden % heads) {
    throw fields.fail('num_attention_heads', `a divisor of hidden_size (${hidden})`);
  }
  const headSize = fields.integer('head_dim', { min: 4, max: largestHead, fallback: ownHeadSize ?? hidden / heads });
  if (headSize % 4 || headSize > largestHead) {
    throw fields.fail(
      'head_dim',
      `a multiple of 4 up to ${largestHead}; hidden_size / num_attention_heads is ${headSize}`,
    );
  }
  const maxContext = fields.integer('max_position_embeddings', { min: 1, max: limits.context, fallback: 2048 });
  return {
    vocabulary: fields.integer('vocab_size', { min: 1, max: limits.vocabulary }),
    hidden,
    intermediate: fields.integer('intermediate_size', { min: 1, max: limits.intermediate }),
    layers: fields.integer('num_hidden_layers', { min: 1, max: limits.layers }),
    heads,
    keyValueHeads,
    headSize,
    maxContext,
    epsilon: fields.number('rms_norm_eps', { min: 0, max: 1, fallback: epsilon }),
    rope: parseRope(fields, maxContext, ropeBase),
    tied: fields.flag('tie_word_embeddings', tied),
  };
}
