/**
 * OLMoE (Muennighoff et al., 2024): a Llama of small experts in every layer; queries and keys are normed over all heads at once, and with the
 * values kept within a limit.
 */
import { readRoute, usualNames } from '../parts/experts';
import { llamaLike } from '../parts/llama';

export const architecture = llamaLike(
  'olmoe',
  (fields, { intermediate }) => {
    const attention = fields.flag('attention_bias', false);
    const experts = { ...usualNames, rule: readRoute(fields, { experts: 64, chosen: 8 }), intermediate };
    return {
      biases: { qkv: attention, output: attention, mlp: false },
      headNorms: 'all',
      window: () => Infinity,
      experts: () => experts,
      ...(fields.has('clip_qkv') && { clip: fields.number('clip_qkv', { min: 1e-6, max: 1e6 }) }),
    };
  },
  { epsilon: 1e-5, maxContext: 4096 },
);
