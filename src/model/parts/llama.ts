/** The decoder that LLaMA made common (Touvron et al., 2023), with what its kin change told by values. */
import type { Architecture, Blueprint, EmbedPlan } from '../blueprint';
import { readDecoder, type Decoder, type DecoderDefaults } from '../decoder';
import type { Fields } from '../fields';
import type { Rope } from '../rotary';
import { after, one, type Block, type Linear, type NormRule, type Steps } from '../steps';
import { gatedMlp, mixtureMlp, type Experts } from './experts';
import { latentAttention, type Latents } from './latents';
import { namesIn, type Names } from './names';

/** What a relative of LLaMA reads in its own way. */
export interface Particulars {
  /** Whether linear layers add a bias. */
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean };
  /** Whether queries and keys are normed before they are rotated: each head by itself, or all of them at once. */
  readonly headNorms: 'none' | 'heads' | 'all';
  /** Keys that a query of the layer sees, itself included; Infinity for all. */
  readonly window: (layer: number) => number;
  /** How queries and keys of the layer are rotated by their positions, null for not at all; as the config says for all when left out. */
  readonly rotation?: (layer: number) => Rope | null;
  /** Whether q, k, v and gate, up are stored as one tensor each, one below the other. */
  readonly stored?: 'apart' | 'fused';
  /** Where attention and MLP are normed: before them as LLaMA does, behind them, or both. */
  readonly norms?: Norms;
  /** What is added to the stored gains of norms. */
  readonly above?: number;
  /** Scores of queries and keys: what q·k is multiplied by, and their soft cap. */
  readonly scores?: { readonly scale?: number; readonly cap?: number };
  /** What attention and MLP are multiplied by when they are added. */
  readonly residual?: number;
  /** Experts of the layer in place of its MLP; null where it has none. */
  readonly experts?: (layer: number) => Experts | null;
  /** Attention over latents in place of LLaMA's own. */
  readonly latents?: Latents;
  /** Queries, keys and values are kept within ± it, after their norms. */
  readonly clip?: number;
  readonly embedding?: number;
  /** Whether features of pictures are multiplied as the rows of the table are. */
  readonly embeddingScales?: EmbedPlan['scales'];
  readonly logits?: { readonly factor?: number; readonly cap?: number };
}

/** Names of the norms of a block, by what they stand before or behind. */
export interface Norms {
  readonly before: Partial<Record<'attention' | 'mlp', string>>;
  readonly behind: Partial<Record<'attention' | 'mlp', string>>;
}

const usualNorms: Norms = {
  before: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
  behind: {},
};

export function llamaLike(
  named: string | Pick<Architecture, 'name' | 'usual'>,
  particulars: (fields: Fields, decoder: Decoder) => Particulars,
  defaults?: DecoderDefaults,
): Architecture {
  return {
    ...(typeof named === 'string' ? { name: named } : named),
    blueprint: (fields) => {
      const decoder = readDecoder(fields, defaults);
      return llamaPlan(decoder, particulars(fields, decoder));
    },
  };
}

export function llamaPlan(decoder: Decoder, particulars: Particulars): Blueprint {
  const { vocabulary, hidden, heads, keyValueHeads, maxContext, epsilon, tied, layers } = decoder;
  const { embedding, embeddingScales: scales, logits, above } = particulars;
  return {
    facts: { vocabulary, hidden, heads, keyValueHeads, maxContext },
    embed: {
      from: { tensor: 'model.embed_tokens.weight' },
      ...(embedding !== undefined && { factor: embedding }),
      ...(scales && { scales }),
    },
    blocks: Array.from({ length: layers }, (_, layer) => blockOf(decoder, particulars, layer)),
    head: {
      from: { tensor: 'lm_head.weight' },
      gains: namesIn('model.').gains('norm', hidden, above),
      rule: { kind: 'rms', epsilon },
      tied,
      ...logits,
    },
  };
}

/** a = h + Attention(Norm(h)), then a + MLP(Norm(a)); norms stand before, behind, or on both sides. */
function blockOf(decoder: Decoder, particulars: Particulars, layer: number): Block {
  const { norms = usualNorms, residual, above, latents } = particulars;
  const names = namesIn(`model.layers.${layer}.`);
  const rule: NormRule = { kind: 'rms', epsilon: decoder.epsilon };
  const rope = particulars.rotation ? particulars.rotation(layer) : decoder.rope;
  const experts = particulars.experts?.(layer) ?? null;
  const place: Place = { names, decoder, particulars, window: particulars.window(layer), rope, rule };
  return (b, h) => {
    const normed = <T>(steps: Steps<T>, x: T, name: string | undefined) =>
      name === undefined ? x : steps.norm(names.gains(name, decoder.hidden, above), x, rule);
    const before = normed(b, h, norms.before.attention);
    const mixed = latents ? latentAttention(b, before, latents, place) : attention(b, before, place);
    const a = b.add(h, normed(b, mixed, norms.behind.attention), residual);
    const x = normed(b, a, norms.before.mlp);
    const made = experts ? mixtureMlp(b, x, experts, { names, ...decoder }) : denseMlp(b, x, place);
    return after(made, (y) => b.add(a, normed(b, y, norms.behind.mlp), residual));
  };
}

interface Place {
  readonly names: Names;
  readonly decoder: Decoder;
  readonly particulars: Particulars;
  readonly window: number;
  readonly rope: Rope | null;
  readonly rule: NormRule;
}

function attention<T>(b: Steps<T>, x: T, { names, decoder, particulars, window, rope, rule }: Place): T {
  const { hidden, heads, keyValueHeads, headSize: size } = decoder;
  const { biases, headNorms, scores, above, clip } = particulars;
  const layers = [
    names.linear('self_attn.q_proj', heads * size, biases.qkv),
    names.linear('self_attn.k_proj', keyValueHeads * size, biases.qkv),
    names.linear('self_attn.v_proj', keyValueHeads * size, biases.qkv),
  ];
  const stored = particulars.stored === 'fused' ? names.within('self_attn.qkv_proj', layers) : layers;
  const [q, k, v] = b.linear('attention.qkv', x, stored) as [T, T, T];
  const clipped = (y: T) => (clip === undefined ? y : b.clamp(y, clip));
  const placed = (name: string, y: T, width: number) => {
    const gains = names.gains(name, headNorms === 'all' ? width : size, above);
    const scored = clipped(headNorms === 'none' ? y : b.norm(gains, y, rule));
    return rope ? b.rotate(scored, { rope, size }) : scored;
  };
  const queries = placed('self_attn.q_norm', q, heads * size);
  const keys = placed('self_attn.k_norm', k, keyValueHeads * size);
  const mixed = b.attend(queries, keys, clipped(v), { heads, keyValueHeads, size, sees: window, ...scores });
  return one(b, 'attention.output', mixed, names.linear('self_attn.o_proj', hidden, biases.output));
}

function denseMlp<T>(b: Steps<T>, x: T, { names, decoder, particulars }: Place): T {
  const { hidden, intermediate, activation } = decoder;
  const { mlp } = particulars.biases;
  const layers = [names.linear('mlp.gate_proj', intermediate, mlp), names.linear('mlp.up_proj', intermediate, mlp)];
  const stored = particulars.stored === 'fused' ? names.within('mlp.gate_up_proj', layers) : layers;
  const [gate, up] = stored as [Linear, Linear];
  return gatedMlp(b, x, 'mlp', { gate, up, down: names.linear('mlp.down_proj', hidden, mlp) }, activation);
}
