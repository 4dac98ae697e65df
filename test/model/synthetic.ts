/** Checkpoints of random weights that exist only while they are read: shapes of any model, no files. */
import type { Checkpoint, StoredTensor, StoredType } from '../../src/formats/checkpoint';
import { storedTensor } from '../../src/formats/storedTensor';
import { beside, planOf, towerTensors } from '../../src/model/plan';
import type { Source } from '../../src/model/steps';
import { hash32 } from '../../src/util/rng';

type SyntheticType = Exclude<StoredType, 'F64'>;

const bytesOf: Readonly<Record<SyntheticType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** TinyLlama 1.1B: 22 layers of 44 M parameters. */
export const tinyLlama = {
  model_type: 'llama',
  vocab_size: 32_000,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 22,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
};

/** A small Llama for tests of behaviour rather than of numbers. */
export const smallLlama = {
  ...tinyLlama,
  vocab_size: 40,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};

/** The same sizes in the words of every architecture, so that a test can take one after another. `base`: in the words of Llama. */
export function smallOf(
  model_type: string,
  base: Readonly<Record<string, unknown>> = smallLlama,
): Record<string, unknown> {
  const { hidden_size, num_attention_heads, num_hidden_layers, intermediate_size } = base;
  const config = {
    ...base,
    ...{ n_embd: hidden_size, n_head: num_attention_heads, n_layer: num_hidden_layers, n_inner: intermediate_size },
    ...{ ffn_dim: intermediate_size, rotary_pct: 0.5 },
    ...{ state_size: 4, time_step_rank: 3, n_groups: 2, num_heads: 2 * Number(num_attention_heads) },
  };
  // Towers have kinds of their own, which are usually left out.
  const vision_config = { ...config, model_type: undefined, image_size: 16, patch_size: 4 };
  // VILA is saved in parts; the authors' own LLaVA has fields of the same beginning, and is refused.
  const parts = model_type === 'llava_llama' && { llm: config, vision_tower: vision_config, mm_projector: {} };
  return { ...config, ...parts, model_type, text_config: config, vision_config, scale_factor: 2 };
}

/**
 * Rows [begin, end) of a tensor. Values of ±0.008 to ±0.03, the spread of trained weights; norms are 1. A row depends on its tensor's
 * name and its index only, so that slices agree with the whole.
 */
function values(name: string, type: SyntheticType, begin: number, end: number, cols: number): Uint8Array<ArrayBuffer> {
  const count = (end - begin) * cols;
  const bytes = new Uint8Array(count * bytesOf[type]);
  const halves = type === 'F32' ? null : new Uint16Array(bytes.buffer);
  const words = new Uint32Array(type === 'F32' ? bytes.buffer : new ArrayBuffer(0));
  const norm = name.includes('norm');
  for (let row = begin, at = 0; row < end; row++) {
    let state = (hash32(name) ^ Math.imul(row + 1, 0x9e3779b9)) | 1;
    for (let c = 0; c < cols; c++, at++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      // bfloat16: exponent 2^-7 or 2^-6, any fraction, either sign. float16: the same range by its own exponent bits.
      if (type === 'F16') halves![at] = norm ? 0x3c00 : (state & 0x87ff) | 0x2000;
      else if (type === 'BF16') halves![at] = norm ? 0x3f80 : (state & 0x80ff) | 0x3c00;
      else words[at] = norm ? 0x3f800000 : (state & 0x80ffffff) | 0x3c000000;
    }
  }
  return bytes;
}

/** Replaces what a tensor would be: another shape, other content, or null for none. */
export type Change = {
  readonly shape?: readonly number[];
  readonly edit?: (bytes: Uint8Array<ArrayBuffer>) => void;
} | null;

/** Of the tensor that holds what lies there. */
function wholeOf({ rows, slab, stored }: Source, [count = 1, ...others]: readonly number[]): readonly number[] {
  const sizes = [rows?.of ?? count, ...others];
  return [...(slab ? [slab.of] : []), ...(stored === 'in-out' && others.length ? sizes.reverse() : sizes)];
}

export async function syntheticCheckpoint(
  config: Readonly<Record<string, unknown>>,
  type: SyntheticType = 'F32',
  changes: Readonly<Record<string, Change>> = {},
): Promise<Checkpoint> {
  const plan = await planOf(config);
  const { tables, blocks, tower } = plan;
  const around = beside(plan);
  const wanted = [
    tables.embedding,
    ...around.embedding,
    ...blocks.flatMap(({ tensors }) =>
      tensors.flatMap(({ from, shape }) => (from ? [{ name: from.tensor, shape: wholeOf(from, shape) }] : [])),
    ),
    ...around.head,
    tables.head,
    ...(tower ? towerTensors(tower).map(({ from, shape }) => ({ name: from.tensor, shape })) : []),
  ];
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape: plain } of wanted) {
    const change = changes[name];
    if (change === null) continue;
    const shape = change?.shape ?? plain;
    const cols = shape.slice(1).reduce((a, b) => a * b, 1);
    const rowBytes = cols * bytesOf[type];
    const readBytes = (begin: number, end: number) => {
      const first = Math.floor(begin / rowBytes);
      const bytes = values(name, type, first, Math.ceil(end / rowBytes), cols);
      change?.edit?.(bytes);
      return Promise.resolve(bytes.subarray(begin - first * rowBytes, end - first * rowBytes));
    };
    tensors.set(name, storedTensor({ name, type, shape, file: 'model.safetensors' }, readBytes));
  }
  return {
    name: 'synthetic',
    config,
    tensors,
    unsupported: new Map(),
    tokenizer: () => Promise.reject(new Error('a synthetic checkpoint has no tokenizer')),
    fingerprint: () => Promise.resolve('0123456789abcdef'),
  };
}
