/** What the releases of DeepSeek with experts say alike (Dai et al., 2024; DeepSeek-AI, 2024). */
import { limits } from '../decoder';
import type { Fields } from '../fields';
import type { RouteRule } from '../steps';
import { readCounts, readWidth, usualNames, type Experts } from './experts';

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
