/** Which tensors a model has, by name and shape, and which sites its blocks have: from the config alone. */
import type { Checkpoint } from '../formats/checkpoint';
import type { ModelConfig } from './config';
import type { Site } from './model';

/** The linear layers of a block, by the input that they share, in the order in which they run. */
export function sitesOf(config: ModelConfig): readonly [qkv: Site, output: Site, gateUp: Site, down: Site] {
  const { hidden, intermediate, heads, keyValueHeads, headSize } = config;
  const queries = heads * headSize;
  const keys = keyValueHeads * headSize;
  return [
    {
      name: 'attention.qkv',
      cols: hidden,
      reads: { kind: 'stream', norm: 'input_layernorm' },
      layers: [
        { name: 'self_attn.q_proj', rows: queries, writes: 'scores' },
        { name: 'self_attn.k_proj', rows: keys, writes: 'scores' },
        { name: 'self_attn.v_proj', rows: keys, writes: 'heads', headSize },
      ],
    },
    {
      name: 'attention.output',
      cols: queries,
      reads: { kind: 'heads', size: headSize, repeat: heads / keyValueHeads },
      layers: [{ name: 'self_attn.o_proj', rows: hidden, writes: 'stream' }],
    },
    {
      name: 'mlp.gate-up',
      cols: hidden,
      reads: { kind: 'stream', norm: 'post_attention_layernorm' },
      layers: [
        { name: 'mlp.gate_proj', rows: intermediate, writes: 'fixed' },
        { name: 'mlp.up_proj', rows: intermediate, writes: 'channels' },
      ],
    },
    {
      name: 'mlp.down',
      cols: intermediate,
      reads: { kind: 'channels' },
      layers: [{ name: 'mlp.down_proj', rows: hidden, writes: 'stream' }],
    },
  ];
}

/** A tensor of a block: its name there, without "model.layers.N.", and its shape. */
export interface BlockTensor {
  /** Name in Block.weights ("self_attn.q_proj") or Block.others ("self_attn.q_proj.bias", "input_layernorm"). */
  readonly key: string;
  /** Name in the checkpoint, inside the block. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: 'linear' | 'norm' | 'bias';
}

export function blockTensors(config: ModelConfig): readonly BlockTensor[] {
  const [qkv, output, gateUp, down] = sitesOf(config);
  const biased = new Map([
    [qkv, config.biases.qkv],
    [output, config.biases.output],
    [gateUp, config.biases.mlp],
    [down, config.biases.mlp],
  ]);
  const linear = [...biased].flatMap(([site, bias]) =>
    site.layers.flatMap(({ name, rows }): BlockTensor[] => [
      { key: name, name: `${name}.weight`, shape: [rows, site.cols], role: 'linear' },
      ...(bias ? [{ key: `${name}.bias`, name: `${name}.bias`, shape: [rows], role: 'bias' } as const] : []),
    ]),
  );
  const norm = (key: string, width: number): BlockTensor => ({
    key,
    name: `${key}.weight`,
    shape: [width],
    role: 'norm',
  });
  return [
    norm('input_layernorm', config.hidden),
    ...linear,
    ...(config.headNorms ? ['self_attn.q_norm', 'self_attn.k_norm'].map((key) => norm(key, config.headSize)) : []),
    norm('post_attention_layernorm', config.hidden),
  ];
}

export const blockPrefix = (index: number) => `model.layers.${index}.`;

const embeddingName = 'model.embed_tokens.weight';
const headName = 'lm_head.weight';

/**
 * Names of the embedding and the head among stored `tensors`. Where they are tied, one of them is stored, usually the embedding, and stands
 * for both.
 */
export function tableNames(tied: boolean, tensors: Pick<Checkpoint['tensors'], 'has'>) {
  if (!tied) return { embedding: embeddingName, head: headName };
  const only = !tensors.has(embeddingName) && tensors.has(headName) ? headName : embeddingName;
  return { embedding: only, head: only };
}

/** Tensors outside the blocks: name and shape. The head is the embedding where they are tied. */
export function outerTensors(config: ModelConfig, { tensors }: Pick<Checkpoint, 'tensors'>) {
  const shape = [config.vocabulary, config.hidden] as const;
  const { embedding, head } = tableNames(config.tiedEmbeddings, tensors);
  return {
    embedding: { name: embedding, shape },
    norm: { name: 'model.norm.weight', shape: [config.hidden] as const },
    head: { name: head, shape },
  };
}
