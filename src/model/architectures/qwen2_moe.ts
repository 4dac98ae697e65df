/**
 * Qwen1.5-MoE and Qwen2-MoE (Yang et al., 2024): a Qwen2 with small experts, and beside them one that all tokens share, weighed by a gate of its
 * own. Some layers may have a plain MLP.
 */
import { present } from '../../util/assert';
import { readRoute, readWidth, sparseLayers, usualNames, type Experts } from '../parts/experts';
import { llamaLike } from '../parts/llama';
import { alternatingWindows } from '../parts/windows';

export const architecture = llamaLike(
  'qwen2_moe',
  (fields, { layers }) => {
    const windows = alternatingWindows(fields, layers);
    const sparse = sparseLayers(fields);
    const experts: Experts = {
      ...usualNames,
      rule: readRoute(fields, { experts: 60, chosen: 4 }),
      intermediate: readWidth(fields, 'moe_intermediate_size', 1408),
      shared: {
        name: 'mlp.shared_expert',
        intermediate: readWidth(fields, 'shared_expert_intermediate_size', 5632),
        gate: 'mlp.shared_expert_gate',
      },
    };
    return {
      biases: { qkv: fields.flag('qkv_bias', true), output: false, mlp: false },
      headNorms: 'none',
      window: (layer) => present(windows[layer], `window of layer ${layer}`),
      experts: (layer) => (sparse(layer) ? experts : null),
    };
  },
  { maxContext: 32_768 },
);
