/**
 * GPT-NeoX and Pythia (Black et al., 2022; Biderman et al., 2023): attention and MLP read the stream side by side; a quarter of each head is rotated;
 * queries, keys and values are stored as one tensor, head by head.
 */
import type { Architecture, Blueprint } from '../blueprint';
import { limits, readActivation, refuseQuantized, requireHeadSize } from '../decoder';
import type { Fields } from '../fields';
import { classicBlock } from '../parts/classic';
import { namesIn } from '../parts/names';
import { parseRope } from '../ropeFields';
import type { Linear } from '../steps';

export const architecture: Architecture = { name: 'gpt_neox', blueprint };

function blueprint(fields: Fields): Blueprint {
  refuseQuantized(fields);
  const integer = (field: string, max: number, fallback?: number) =>
    fields.integer(field, { min: 1, max, ...(fallback !== undefined && { fallback }) });
  const hidden = integer('hidden_size', limits.hidden);
  const heads = integer('num_attention_heads', limits.heads);
  if (hidden % heads) throw fields.fail('num_attention_heads', `a divisor of hidden_size (${hidden})`);
  const size = hidden / heads;
  requireHeadSize(fields, 'num_attention_heads', size, 'hidden_size / num_attention_heads');
  const inner = integer('intermediate_size', limits.intermediate);
  const vocabulary = integer('vocab_size', limits.vocabulary);
  const maxContext = integer('max_position_embeddings', limits.context, 2048);
  const epsilon = fields.number('layer_norm_eps', { min: 0, max: 1, fallback: 1e-5 });
  const activation = readActivation(fields, 'hidden_act', 'gelu');
  const biased = fields.flag('attention_bias', true);
  const order = fields.flag('use_parallel_residual', true) ? 'parallel' : 'before';
  const rope = parseRope(fields, maxContext, size, {
    ...{ partial: 0.25, baseField: 'rotary_emb_base', partialField: 'rotary_pct' },
  });
  const block = (layer: number) => {
    const names = namesIn(`gpt_neox.layers.${layer}.`);
    const parts = ['attention.q', 'attention.k', 'attention.v'].map((name) => names.linear(name, hidden));
    const fused = names.interleaved('attention.query_key_value', parts, heads, biased);
    const [q, k, v] = fused as [Linear, Linear, Linear];
    return classicBlock({
      ...{ hidden, heads, activation, epsilon, order, rope },
      qkv: [q, k, v],
      output: names.linear('attention.dense', hidden, biased),
      up: names.linear('mlp.dense_h_to_4h', inner, true),
      down: names.linear('mlp.dense_4h_to_h', hidden, true),
      norms: {
        attention: names.layerNorm('input_layernorm', hidden),
        mlp: names.layerNorm('post_attention_layernorm', hidden),
      },
    });
  };
  return {
    facts: { vocabulary, hidden, heads, keyValueHeads: heads, maxContext },
    embed: { from: { tensor: 'gpt_neox.embed_in.weight' } },
    blocks: Array.from({ length: integer('num_hidden_layers', limits.layers) }, (_, layer) => block(layer)),
    head: {
      from: { tensor: 'embed_out.weight' },
      gains: namesIn('gpt_neox.').layerNorm('final_layer_norm', hidden),
      rule: { kind: 'layer', epsilon },
      tied: fields.flag('tie_word_embeddings', false),
    },
  };
}
