/**
 * Vision transformers (Dosovitskiy et al., 2021) as CLIP (Radford et al., 2021) and SigLIP (Zhai et al., 2023) trained them: layer norms before
 * attention and MLP, every patch sees every other, all layers with biases.
 */
import type { Activation } from '../../util/activation';
import { limits, readActivation, requireHeadSize } from '../decoder';
import type { Fields } from '../fields';
import type { Block, Gains } from '../steps';
import { classicBlock } from './classic';
import { namesIn } from './names';

/** What the configs of towers say alike. */
export interface Tower {
  readonly picture: number;
  readonly patch: number;
  /** Patches of a side. */
  readonly side: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: Activation;
  readonly epsilon: number;
}

/** Values of missing fields: those of the tower's class in transformers. */
export interface TowerDefaults {
  readonly picture: number;
  readonly patch: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: string;
  readonly epsilon: number;
}

const clip: TowerDefaults = {
  ...{ picture: 224, patch: 32, hidden: 768, intermediate: 3072, layers: 12, heads: 12 },
  ...{ activation: 'quick_gelu', epsilon: 1e-5 },
};

/** By the model_type of a tower. */
export const usualTowers: Readonly<Record<'clip_vision_model' | 'siglip_vision_model', TowerDefaults>> = {
  clip_vision_model: clip,
  siglip_vision_model: { ...clip, patch: 16, activation: 'gelu_pytorch_tanh', epsilon: 1e-6 },
};

/** Far above any published tower: positions are worked out one by one. */
const mostPatches = 256;

export function readTower(fields: Fields, usual: TowerDefaults): Tower {
  const integer = (field: string, max: number, fallback: number) => fields.integer(field, { min: 1, max, fallback });
  const picture = integer('image_size', 2 ** 14, usual.picture);
  const patch = integer('patch_size', picture, usual.patch);
  const side = Math.floor(picture / patch);
  if (side > mostPatches) throw fields.fail('patch_size', `at least ${Math.ceil(picture / mostPatches)} pixels`);
  if (integer('num_channels', 1024, 3) !== 3) throw fields.fail('num_channels', '3: red, green and blue');
  const hidden = integer('hidden_size', limits.hidden, usual.hidden);
  const heads = integer('num_attention_heads', limits.heads, usual.heads);
  if (hidden % heads) throw fields.fail('num_attention_heads', `a divisor of hidden_size (${hidden})`);
  requireHeadSize(fields, 'num_attention_heads', hidden / heads, 'hidden_size / num_attention_heads');
  return {
    ...{ picture, patch, side, hidden, heads },
    intermediate: integer('intermediate_size', limits.intermediate, usual.intermediate),
    layers: integer('num_hidden_layers', limits.layers, usual.layers),
    activation: readActivation(fields, 'hidden_act', usual.activation),
    epsilon: fields.number('layer_norm_eps', { min: 0, max: 1, fallback: usual.epsilon }),
  };
}

/** Layers before the state that `field` says is taken: 0 is what comes to the first, −1 what the last makes, without the norm that stands behind it. */
export function layersSeen(fields: Fields, field: string, layers: number): number {
  const taken = fields.integer(field, { min: -layers - 1, max: layers, fallback: -2 });
  return taken < 0 ? layers + 1 + taken : taken;
}

/** The first `count` layers of the tower under that prefix, e.g. "vision_tower.". */
export function towerLayers(tower: Tower, prefix: string, count = tower.layers): readonly Block[] {
  const { hidden, heads, intermediate, activation, epsilon } = tower;
  return Array.from({ length: count }, (_, layer) => {
    const names = namesIn(`${prefix}encoder.layers.${layer}.`);
    const linear = (name: string, rows: number) => names.linear(name, rows, true);
    return classicBlock({
      ...{ hidden, heads, activation, epsilon, order: 'before', sees: 'all' },
      qkv: [linear('self_attn.q_proj', hidden), linear('self_attn.k_proj', hidden), linear('self_attn.v_proj', hidden)],
      output: linear('self_attn.out_proj', hidden),
      up: linear('mlp.fc1', intermediate),
      down: linear('mlp.fc2', hidden),
      norms: { attention: names.layerNorm('layer_norm1', hidden), mlp: names.layerNorm('layer_norm2', hidden) },
    });
  });
}

/** A layer norm by itself, before or behind all layers. */
export const normAlone =
  (gains: Gains, epsilon: number): Block =>
  (b, h) =>
    b.norm(gains, h, { kind: 'layer', epsilon });

/** Weights and bias of the patches, and the table of positions, under the tower's prefix. */
export function towerTables(prefix: string, biased: boolean) {
  const source = (name: string) => ({ tensor: `${prefix}embeddings.${name}` });
  return {
    patches: { from: source('patch_embedding.weight'), bias: biased ? source('patch_embedding.bias') : null },
    positions: source('position_embedding.weight'),
    first: source('class_embedding'),
  };
}
