/** Qwen2 and Qwen2.5 (Yang et al., 2024): a Llama with biases on queries, keys and values, and windows in some layers on request. */
import type { Architecture } from './architecture';
import { qwenWindows } from './qwenWindows';
import { swiglu } from './swiglu';

export const qwen2: Architecture = {
  name: 'qwen2',
  particulars: (fields, { layers }) => ({
    slidingWindows: qwenWindows(fields, layers),
    biases: { qkv: true, output: false, mlp: false },
    headNorms: false,
  }),
  attention: (block, h) => {
    const x = block.norm('input_layernorm', h);
    const [q, k, v] = block.linear('attention.qkv', x) as [typeof h, typeof h, typeof h];
    const mixed = block.attend(block.rotate(q), block.rotate(k), v);
    block.addLinear('attention.output', mixed, h);
  },
  mlp: swiglu,
};
