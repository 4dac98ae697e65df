/** Qwen3, dense (Yang et al., 2025): no biases by default; each head of queries and keys is normalised before it is rotated; own head size. */
import type { Architecture } from './architecture';
import { qwenWindows } from './qwenWindows';
import { swiglu } from './swiglu';

export const qwen3: Architecture = {
  name: 'qwen3',
  headSize: 128,
  particulars: (fields, { layers }) => {
    const attentionBias = fields.flag('attention_bias', false);
    return {
      slidingWindows: qwenWindows(fields, layers),
      biases: { qkv: attentionBias, output: attentionBias, mlp: false },
      headNorms: true,
    };
  },
  attention: (block, h) => {
    const x = block.norm('input_layernorm', h);
    const [q, k, v] = block.linear('attention.qkv', x) as [typeof h, typeof h, typeof h];
    const queries = block.rotate(block.norm('self_attn.q_norm', q));
    const keys = block.rotate(block.norm('self_attn.k_norm', k));
    const mixed = block.attend(queries, keys, v);
    block.addLinear('attention.output', mixed, h);
  },
  mlp: swiglu,
};
