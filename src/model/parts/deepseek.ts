/** What the releases of DeepSeek with experts say alike (Dai et al., 2024; DeepSeek-AI, 2024). */
import type { Blueprint } from '../blueprint';
import { limits, readDecoder, type Decoder } from '../decoder';
import { Fields } from '../fields';
import type { RouteRule } from '../steps';
import { readCounts, readWidth, usualNames, type Experts } from './experts';
import { readLatents, rotatedSize } from './latents';
import { llamaPlan } from './llama';

/**
 * Experts of each layer, none in the first `first_k_dense_replace`; those that all tokens share are one MLP as wide as all of them. A file may
 * have no experts at all.
 */
export function deepseekExperts(
  fields: Fields,
  ruleOf: (counts: Pick<RouteRule, 'experts' | 'count'>) => RouteRule,
): (layer: number) => Experts | null {
  if (!fields.has('n_routed_experts')) return () => null;
  const scoring = fields.text('scoring_func') ?? 'softmax';
  if (scoring !== 'softmax') throw fields.fail('scoring_func', '"softmax"');
  const intermediate = readWidth(fields, 'moe_intermediate_size', 1407);
  const shared = fields.integer('n_shared_experts', { min: 0, max: 256, fallback: 0 });
  const first = fields.integer('first_k_dense_replace', { min: 0, max: limits.layers, fallback: 0 });
  const every = fields.integer('moe_layer_freq', { min: 1, max: limits.layers, fallback: 1 });
  const experts: Experts = {
    ...usualNames,
    ...{ rule: ruleOf(readCounts(fields)), intermediate },
    ...(shared > 0 && { shared: { name: 'mlp.shared_experts', intermediate: shared * intermediate } }),
  };
  return (layer) => (layer >= first && layer % every === 0 ? experts : null);
}

/** The second release, by whichever name. */
export function deepseekV2(fields: Fields): Blueprint {
  const latents = readLatents(fields);
  const decoder = readV2Decoder(fields);
  return llamaPlan(decoder, {
    biases: { qkv: latents.biased, output: latents.biased, mlp: fields.flag('mlp_bias', false) },
    headNorms: 'none',
    window: () => Infinity,
    latents,
    // The weights are as they are whatever norm_topk_prob says, as transformers has it.
    experts: deepseekExperts(fields, (counts) => ({
      ...{ ...counts, normalise: false, epsilon: 0, ...groupsOf(fields, counts) },
      scale: fields.number('routed_scaling_factor', { min: 0, max: 1e6, fallback: 1 }),
    })),
  });
}

/** What rotates is not a whole head: neighbours of the part that `qk_rope_head_dim` tells. */
function readV2Decoder(fields: Fields): Decoder {
  const size = { head_dim: rotatedSize(fields), num_key_value_heads: null };
  const decoder = readDecoder(new Fields({ ...fields.values, ...size }, fields.path));
  return { ...decoder, rope: { ...decoder.rope, pairs: 'neighbours' } };
}

function groupsOf(fields: Fields, { experts, count }: Pick<RouteRule, 'experts' | 'count'>): Pick<RouteRule, 'groups'> {
  const method = fields.text('topk_method') ?? 'greedy';
  if (method === 'greedy') return {};
  if (method !== 'group_limited_greedy') throw fields.fail('topk_method', '"greedy" or "group_limited_greedy"');
  const groups = fields.integer('n_group', { min: 1, max: experts });
  if (experts % groups) throw fields.fail('n_group', `a divisor of n_routed_experts (${experts})`);
  const least = Math.ceil(count / (experts / groups));
  return { groups: { count: groups, kept: fields.integer('topk_group', { min: least, max: groups }) } };
}
