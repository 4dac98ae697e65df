/** DeepSeekMoE (Dai et al., 2024): a Llama with small experts in all layers but the first, some of which all tokens share. */
import type { Architecture } from '../blueprint';
import { deepseekExperts, deepseekV2 } from '../parts/deepseek';
import { llamaLike } from '../parts/llama';

const first = llamaLike('deepseek', (fields) => {
  const attention = fields.flag('attention_bias', false);
  const normalises = fields.flag('norm_topk_prob', false);
  return {
    biases: { qkv: attention, output: attention, mlp: false },
    headNorms: 'none',
    window: () => Infinity,
    // One expert keeps the weight that it has.
    experts: deepseekExperts(fields, (counts) => ({
      ...{ ...counts, normalise: normalises && counts.count > 1 },
      ...{ scale: 1, epsilon: 1e-20 },
    })),
  };
});

export const architecture: Architecture = {
  name: first.name,
  // Early files of DeepSeek-V2 are called so too.
  blueprint: (fields, inner) => (fields.has('kv_lora_rank') ? deepseekV2(fields) : first.blueprint(fields, inner)),
};
