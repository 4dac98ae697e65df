/**
 * OPT (Zhang et al., 2022): learned positions from the third row on; norms before attention and MLP, or behind them in its 350M, whose table is
 * narrower than its stream.
 */
import type { Architecture, Blueprint } from '../blueprint';
import { limits, readActivation, refuseQuantized, requireHeadSize } from '../decoder';
import type { Fields } from '../fields';
import { classicBlock } from '../parts/classic';
import { namesIn, type Names } from '../parts/names';
import type { Gains } from '../steps';

export const architecture: Architecture = { name: 'opt', blueprint };

/** Not in config.json: that of PyTorch's layer norm. */
const epsilon = 1e-5;
/** Rows of the table of positions before the first, left from a padding index. */
const firstPosition = 2;

function blueprint(fields: Fields): Blueprint {
  refuseQuantized(fields);
  const integer = (field: string, max: number, fallback: number) => fields.integer(field, { min: 1, max, fallback });
  const hidden = integer('hidden_size', limits.hidden, 768);
  const heads = integer('num_attention_heads', limits.heads, 12);
  if (hidden % heads) throw fields.fail('num_attention_heads', `a divisor of hidden_size (${hidden})`);
  requireHeadSize(fields, 'num_attention_heads', hidden / heads, 'hidden_size / num_attention_heads');
  const inner = integer('ffn_dim', limits.intermediate, 3072);
  const vocabulary = integer('vocab_size', limits.vocabulary, 50_272);
  const maxContext = integer('max_position_embeddings', 2 ** 24, 2048);
  const width = integer('word_embed_proj_dim', limits.hidden, hidden);
  const activation = readActivation(fields, 'activation_function', 'relu');
  const biased = fields.flag('enable_bias', true);
  const before = fields.flag('do_layer_norm_before', true);
  const affine = fields.flag('layer_norm_elementwise_affine', true);
  const norm = (names: Names, name: string): Gains =>
    affine ? names.layerNorm(name, hidden) : { name, width: hidden, from: null };
  const block = (layer: number) => {
    const names = namesIn(`model.decoder.layers.${layer}.`);
    const linear = (name: string, rows: number) => names.linear(name, rows, biased);
    return classicBlock({
      ...{ hidden, heads, activation, epsilon, order: before ? 'before' : 'behind' },
      qkv: [linear('self_attn.q_proj', hidden), linear('self_attn.k_proj', hidden), linear('self_attn.v_proj', hidden)],
      output: linear('self_attn.out_proj', hidden),
      up: linear('fc1', inner),
      down: linear('fc2', hidden),
      norms: { attention: norm(names, 'self_attn_layer_norm'), mlp: norm(names, 'final_layer_norm') },
    });
  };
  const names = namesIn('model.decoder.');
  const last = before && !fields.flag('_remove_final_layer_norm', false);
  const projected = width !== hidden;
  const project = (name: string) =>
    projected ? { project: { from: { tensor: `model.decoder.${name}.weight` }, width } } : {};
  return {
    facts: { vocabulary, hidden, heads, keyValueHeads: heads, maxContext },
    embed: {
      from: { tensor: 'model.decoder.embed_tokens.weight' },
      positions: {
        from: { tensor: 'model.decoder.embed_positions.weight' },
        first: firstPosition,
        rows: maxContext + firstPosition,
      },
      ...project('project_in'),
    },
    blocks: Array.from({ length: integer('num_hidden_layers', limits.layers, 12) }, (_, layer) => block(layer)),
    head: {
      from: { tensor: 'lm_head.weight' },
      gains: last ? norm(names, 'final_layer_norm') : null,
      rule: { kind: 'layer', epsilon },
      ...project('project_out'),
      tied: fields.flag('tie_word_embeddings', true),
    },
  };
}
