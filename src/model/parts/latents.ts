/**
 * Multi-head latent attention (DeepSeek-AI, 2024): keys and values are made of one narrow latent, and the rotated part of the keys is one for all
 * heads. Here as it is written, unabsorbed: what inference engines multiply into one matrix stays two.
 */
import { requireHeadSize, type Decoder } from '../decoder';
import type { Fields } from '../fields';
import { raised } from '../ropeFields';
import { one, type Linear, type NormRule, type Steps } from '../steps';
import type { Names } from './names';

/** Sizes of one layer's attention. */
export interface Latents {
  /** Width of the latent of keys and values. */
  readonly latent: number;
  /** Width of that of the queries; null where they are made of the stream. */
  readonly queryLatent: number | null;
  /** Of each head: components that do not rotate, that do, and of its values. */
  readonly plain: number;
  readonly rotated: number;
  readonly values: number;
  readonly biased: boolean;
  /** What q·k is multiplied by. */
  readonly scale: number;
}

/** ε of the norms of latents, whatever the config says of the others. */
const latentRule: NormRule = { kind: 'rms', epsilon: 1e-6 };

const most = 2 ** 16;

export const rotatedSize = (fields: Fields): number =>
  fields.integer('qk_rope_head_dim', { min: 4, max: 256, fallback: 64 });

export function readLatents(fields: Fields): Latents {
  const size = (field: string, fallback: number) => fields.integer(field, { min: 4, max: 256, fallback });
  const [plain, rotated, values] = [size('qk_nope_head_dim', 128), rotatedSize(fields), size('v_head_dim', 128)];
  requireHeadSize(fields, 'qk_nope_head_dim', plain + rotated, 'with qk_rope_head_dim it');
  requireHeadSize(fields, 'v_head_dim', values, 'it');
  // A missing field means the width of the first release, null that there is none.
  const queries = fields.values.q_lora_rank;
  const queryLatent = queries === null ? null : fields.integer('q_lora_rank', { min: 1, max: most, fallback: 1536 });
  return {
    ...{ plain, rotated, values, queryLatent },
    latent: fields.integer('kv_lora_rank', { min: 1, max: most, fallback: 512 }),
    biased: fields.flag('attention_bias', false),
    scale: (plain + rotated) ** -0.5 * stretched(fields) ** 2,
  };
}

/** What queries and keys are raised by where positions are stretched: m = 0.1 · mscale_all_dim · ln factor + 1. */
function stretched(fields: Fields): number {
  const scaling = fields.object('rope_scaling') ?? fields.object('rope_parameters');
  if (!scaling || (scaling.text('rope_type') ?? scaling.text('type') ?? 'default') === 'default') return 1;
  const mscale = scaling.number('mscale_all_dim', { min: 0, max: 1e6, fallback: 0 });
  return mscale === 0 ? 1 : raised(mscale, scaling.number('factor', { min: 1, max: 1e6, fallback: 1 }));
}

export interface LatentPlace {
  readonly names: Names;
  readonly decoder: Pick<Decoder, 'hidden' | 'heads' | 'rope'>;
}

/** Attention of q = W_q x, or W_qb Norm(W_qa x), over [k | v] = W_kvb Norm(c) with [c | k_r] = W_kva x. */
export function latentAttention<T>(b: Steps<T>, x: T, latents: Latents, { names, decoder }: LatentPlace): T {
  const { latent, queryLatent, plain, rotated, values, biased, scale } = latents;
  const { hidden, heads, rope } = decoder;
  const size = plain + rotated;
  const name = (layer: string) => `self_attn.${layer}`;
  const queries =
    queryLatent === null
      ? names.linear(name('q_proj'), heads * size)
      : names.linear(name('q_a_proj'), queryLatent, biased);
  const narrow = [names.linear(name('kv_a.latent'), latent), names.linear(name('kv_a.key'), rotated)];
  const input = [queries, ...names.within(name('kv_a_proj_with_mqa'), narrow, biased)];
  const [asked, made, rest] = b.linear('attention.input', x, input) as [T, T, T];
  const normed = (layer: string, width: number, y: T) => b.norm(names.gains(name(layer), width), y, latentRule);
  const turned = (y: T) => b.rotate(y, { rope, size, begin: plain });
  const widened = (width: number) => {
    const narrowed = normed('q_a_layernorm', width, asked);
    return one(b, 'attention.query', narrowed, names.linear(name('q_b_proj'), heads * size));
  };
  const q = turned(queryLatent === null ? asked : widened(queryLatent));
  const wide: readonly Linear[] = [
    names.linear(name('kv_b.key'), heads * plain),
    names.linear(name('kv_b.value'), heads * values),
  ];
  const stored = names.interleaved(name('kv_b_proj'), wide, heads);
  const [own, v] = b.linear('attention.latent', normed('kv_a_layernorm', latent, made), stored) as [T, T];
  const keys = turned(b.joinHeads(own, rest, heads));
  const mixed = b.attend(q, keys, v, {
    ...{ heads, keyValueHeads: heads, size, values, sees: Infinity, scale },
  });
  return one(b, 'attention.output', mixed, names.linear(name('o_proj'), hidden, biased));
}
