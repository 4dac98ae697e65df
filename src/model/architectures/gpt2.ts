/** GPT-2 (Radford et al., 2019): learned positions, queries, keys and values as one tensor, every layer stored [in, out]. */
import type { Architecture, Blueprint } from '../blueprint';
import { limits, readActivation, refuseQuantized, requireHeadSize } from '../decoder';
import type { Fields } from '../fields';
import { classicBlock } from '../parts/classic';
import { namesIn } from '../parts/names';
import type { Linear, Source } from '../steps';

export const architecture: Architecture = { name: 'gpt2', blueprint };

/** A layer of the checkpoint's Conv1D: the transpose of what others store. */
function turned(layer: Linear): Linear {
  const from: Source = { ...layer.from, stored: 'in-out' };
  return { ...layer, from };
}

function blueprint(fields: Fields): Blueprint {
  refuseQuantized(fields);
  const integer = (field: string, max: number, fallback?: number) =>
    fields.integer(field, { min: 1, max, ...(fallback !== undefined && { fallback }) });
  const hidden = integer('n_embd', limits.hidden, 768);
  const heads = integer('n_head', limits.heads, 12);
  if (hidden % heads) throw fields.fail('n_head', `a divisor of n_embd (${hidden})`);
  requireHeadSize(fields, 'n_head', hidden / heads, 'n_embd / n_head');
  const inner = integer('n_inner', limits.intermediate, 4 * hidden);
  const vocabulary = integer('vocab_size', limits.vocabulary, 50_257);
  const positions = integer('n_positions', 2 ** 24, 1024);
  const epsilon = fields.number('layer_norm_epsilon', { min: 0, max: 1, fallback: 1e-5 });
  const activation = readActivation(fields, 'activation_function', 'gelu_new');
  const scaled = fields.flag('scale_attn_weights', true);
  const byLayer = fields.flag('scale_attn_by_inverse_layer_idx', false);
  if (fields.flag('add_cross_attention', false)) throw fields.fail('add_cross_attention', 'false: a decoder alone');
  const block = (layer: number) => {
    const names = namesIn(`transformer.h.${layer}.`);
    const parts = ['attn.q', 'attn.k', 'attn.v'].map((name) => names.linear(name, hidden));
    const [q, k, v] = names.within('attn.c_attn', parts, true).map(turned) as [Linear, Linear, Linear];
    return classicBlock({
      ...{ hidden, heads, activation, epsilon, order: 'before' },
      qkv: [q, k, v],
      output: turned(names.linear('attn.c_proj', hidden, true)),
      up: turned(names.linear('mlp.c_fc', inner, true)),
      down: turned(names.linear('mlp.c_proj', hidden, true)),
      norms: { attention: names.layerNorm('ln_1', hidden), mlp: names.layerNorm('ln_2', hidden) },
      scale: (scaled ? (hidden / heads) ** -0.5 : 1) / (byLayer ? layer + 1 : 1),
    });
  };
  const names = namesIn('transformer.');
  return {
    facts: { vocabulary, hidden, heads, keyValueHeads: heads, maxContext: positions },
    embed: {
      from: { tensor: 'transformer.wte.weight' },
      positions: { from: { tensor: 'transformer.wpe.weight' }, first: 0, rows: positions },
    },
    blocks: Array.from({ length: integer('n_layer', limits.layers, 12) }, (_, layer) => block(layer)),
    head: {
      from: { tensor: 'lm_head.weight' },
      gains: names.layerNorm('ln_f', hidden),
      rule: { kind: 'layer', epsilon },
      tied: fields.flag('tie_word_embeddings', true),
    },
  };
}
