/** The decoder that LLaMA made common (Touvron et al., 2023), with what its kin change told by values. */
import type { Architecture, Blueprint } from '../blueprint';
import { readDecoder, type Decoder } from '../decoder';
import type { Fields } from '../fields';
import { one, type Block, type Gains, type Linear, type NormRule, type Steps } from '../steps';

/** What a relative of LLaMA reads in its own way. */
export interface Particulars {
  /** Whether linear layers add a bias. */
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean };
  /** Whether queries and keys are normed head by head before they are rotated. */
  readonly headNorms: boolean;
  /** Keys that a query of the layer sees, itself included; Infinity for all. */
  readonly window: (layer: number) => number;
  /** Whether queries and keys of the layer are rotated by their positions; all layers when left out. */
  readonly rotates?: (layer: number) => boolean;
  /** Whether q, k, v and gate, up are stored as one tensor each, one below the other. */
  readonly stored?: 'apart' | 'fused';
}

export function llamaLike(
  name: string,
  particulars: (fields: Fields, decoder: Decoder) => Particulars,
  defaults?: Parameters<typeof readDecoder>[1],
): Architecture {
  return {
    name,
    blueprint: (fields) => {
      const decoder = readDecoder(fields, defaults);
      return plan(decoder, particulars(fields, decoder));
    },
  };
}

function plan(decoder: Decoder, particulars: Particulars): Blueprint {
  const { vocabulary, hidden, heads, keyValueHeads, maxContext, epsilon, tied, layers } = decoder;
  return {
    facts: { vocabulary, hidden, heads, keyValueHeads, maxContext },
    embed: { from: { tensor: 'model.embed_tokens.weight' } },
    blocks: Array.from({ length: layers }, (_, layer) => blockOf(decoder, particulars, layer)),
    head: {
      from: { tensor: 'lm_head.weight' },
      gains: { name: 'norm', width: hidden, from: { tensor: 'model.norm.weight' } },
      rule: { epsilon },
      tied,
    },
  };
}

/** a = h + Attention(Norm(h)), then a + MLP(Norm(a)). */
function blockOf(decoder: Decoder, particulars: Particulars, layer: number): Block {
  const names = namesIn(`model.layers.${layer}.`);
  const rule: NormRule = { epsilon: decoder.epsilon };
  const norm = (name: string) => names.gains(name, decoder.hidden);
  const rotates = particulars.rotates?.(layer) ?? true;
  const place: Place = { names, decoder, particulars, window: particulars.window(layer), rotates, rule };
  return (b, h) => {
    const a = b.add(h, attention(b, b.norm(norm('input_layernorm'), h, rule), place));
    return b.add(a, gatedMlp(b, b.norm(norm('post_attention_layernorm'), a, rule), place));
  };
}

interface Place {
  readonly names: Names;
  readonly decoder: Decoder;
  readonly particulars: Particulars;
  readonly window: number;
  readonly rotates: boolean;
  readonly rule: NormRule;
}

function attention<T>(b: Steps<T>, x: T, { names, decoder, particulars, window, rotates, rule }: Place): T {
  const { hidden, heads, keyValueHeads, headSize: size, rope } = decoder;
  const { biases, headNorms } = particulars;
  const layers = [
    names.linear('self_attn.q_proj', heads * size, biases.qkv),
    names.linear('self_attn.k_proj', keyValueHeads * size, biases.qkv),
    names.linear('self_attn.v_proj', keyValueHeads * size, biases.qkv),
  ];
  const stored = particulars.stored === 'fused' ? names.within('self_attn.qkv_proj', layers) : layers;
  const [q, k, v] = b.linear('attention.qkv', x, stored) as [T, T, T];
  const placed = (name: string, y: T) => {
    const scored = headNorms ? b.norm(names.gains(name, size), y, rule) : y;
    return rotates ? b.rotate(scored, { rope, size }) : scored;
  };
  const mixed = b.attend(placed('self_attn.q_norm', q), placed('self_attn.k_norm', k), v, {
    ...{ heads, keyValueHeads, size, window },
  });
  return one(b, 'attention.output', mixed, names.linear('self_attn.o_proj', hidden, biases.output));
}

/** W_down (silu(W_gate x) · W_up x) (Shazeer, 2020). */
function gatedMlp<T>(b: Steps<T>, x: T, { names, decoder, particulars }: Place): T {
  const { hidden, intermediate } = decoder;
  const { mlp } = particulars.biases;
  const layers = [names.linear('mlp.gate_proj', intermediate, mlp), names.linear('mlp.up_proj', intermediate, mlp)];
  const stored = particulars.stored === 'fused' ? names.within('mlp.gate_up_proj', layers) : layers;
  const [gate, up] = b.linear('mlp.gate-up', x, stored) as [T, T];
  return one(b, 'mlp.down', b.gate(gate, up), names.linear('mlp.down_proj', hidden, mlp));
}

interface Names {
  gains(name: string, width: number): Gains;
  linear(name: string, rows: number, biased: boolean): Linear;
  /** The layers as rows of one tensor, one below the other. Without biases. */
  within(name: string, layers: readonly Linear[]): readonly Linear[];
}

/** Parts of a block are called in the checkpoint as they are inside the block, behind its prefix. */
function namesIn(prefix: string): Names {
  return {
    gains: (name, width) => ({ name, width, from: { tensor: `${prefix}${name}.weight` } }),
    linear: (name, rows, biased) => ({
      name,
      rows,
      from: { tensor: `${prefix}${name}.weight` },
      ...(biased && { bias: { tensor: `${prefix}${name}.bias` } }),
    }),
    within: (name, layers) => {
      const of = layers.reduce((sum, { rows }) => sum + rows, 0);
      let end = 0;
      return layers.map((layer) => {
        const begin = end;
        end += layer.rows;
        return {
          name: layer.name,
          rows: layer.rows,
          from: { tensor: `${prefix}${name}.weight`, rows: { begin, end, of } },
        };
      });
    },
  };
}
