/**
 * config.json as typed values. Every field that matters is checked here, once: a FormatError names field, found and expected. Fields
 * that an architecture reads in its own way (biases, windows) are read by its file in architectures/.
 */
import { describe } from '../formats/strictJson';
import { FormatError } from '../util/errors';
import { parseRope, type Rope } from './rotary';

/** A model of the Llama family, whatever its name: what differs between architectures is told by values. */
export interface ModelConfig {
  /** model_type, e.g. "qwen3". */
  readonly architecture: string;
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
  readonly tiedEmbeddings: boolean;
  /** Keys that a query of each layer sees, itself included; Infinity for all. */
  readonly slidingWindows: readonly number[];
  readonly biases: Biases;
  /** Whether queries and keys are normalised head by head before they are rotated. */
  readonly headNorms: boolean;
}

/** Which linear layers add a bias. */
export interface Biases {
  readonly qkv: boolean;
  readonly output: boolean;
  readonly mlp: boolean;
}

/** What an architecture reads in its own way. */
export type Particulars = Pick<ModelConfig, 'slidingWindows' | 'biases' | 'headNorms'>;

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  /** Value of a missing or null field; a field without one is required. */
  readonly fallback?: number;
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

/** Reads fields of one JSON object; `path` is its place in config.json, for messages. */
export class Fields {
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    readonly path = '',
  ) {}

  fail(field: string, expected: string): FormatError {
    const found = describe(this.values[field]);
    const name = this.path + field;
    return new FormatError(
      'config',
      `config.json: "${name}" is ${found}; expected ${expected}. Check that config.json is complete and belongs to this model.`,
      { file: 'config.json', field: name, found, expected },
    );
  }

  has(field: string): boolean {
    return this.values[field] !== undefined && this.values[field] !== null;
  }

  number(field: string, { min, max, fallback }: NumberRule): number {
    if (!this.has(field) && fallback !== undefined) return fallback;
    const value = this.values[field];
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw this.fail(field, `a number from ${min} to ${max}`);
    }
    return value;
  }

  integer(field: string, { min, max, fallback }: NumberRule): number {
    if (!this.has(field) && fallback !== undefined) return fallback;
    const value = this.values[field];
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      throw this.fail(field, `an integer from ${min} to ${max}`);
    }
    return value as number;
  }

  flag(field: string, fallback: boolean): boolean {
    if (!this.has(field)) return fallback;
    const value = this.values[field];
    if (typeof value !== 'boolean') throw this.fail(field, 'true or false');
    return value;
  }

  text(field: string): string | null {
    if (!this.has(field)) return null;
    const value = this.values[field];
    if (typeof value !== 'string') throw this.fail(field, 'a string');
    return value;
  }

  object(field: string): Fields | null {
    if (!this.has(field)) return null;
    const value = this.values[field];
    if (typeof value !== 'object' || Array.isArray(value)) throw this.fail(field, 'an object');
    return new Fields(value as Record<string, unknown>, `${this.path}${field}.`);
  }
}

/** Everything that the family reads alike. Throws on what would change the mathematics and is not supported. */
export function parseCommon(
  fields: Fields,
  { name: architecture, headSize: ownHeadSize }: { readonly name: string; readonly headSize?: number },
): Omit<ModelConfig, keyof Particulars> {
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
    architecture,
    vocabulary: fields.integer('vocab_size', { min: 1, max: limits.vocabulary }),
    hidden,
    intermediate: fields.integer('intermediate_size', { min: 1, max: limits.intermediate }),
    layers: fields.integer('num_hidden_layers', { min: 1, max: limits.layers }),
    heads,
    keyValueHeads,
    headSize,
    maxContext,
    epsilon: fields.number('rms_norm_eps', { min: 0, max: 1, fallback: 1e-6 }),
    rope: parseRope(fields, maxContext),
    tiedEmbeddings: fields.flag('tie_word_embeddings', false),
  };
}
