/** LLaMA 1, 2, 3, 3.1, 3.2, TinyLlama, SmolLM, SmolLM2 (Touvron et al., 2023; Grattafiori et al., 2024). Biases are an option of the config. */
import { everyLayer, type Architecture } from './architecture';
import { swiglu } from './swiglu';

export const llama: Architecture = {
  name: 'llama',
  particulars: (fields, { layers }) => {
    const attentionBias = fields.flag('attention_bias', false);
    return {
      slidingWindows: everyLayer(layers, Infinity),
      biases: { qkv: attentionBias, output: attentionBias, mlp: fields.flag('mlp_bias', false) },
      headNorms: false,
    };
  },
  attention: (block, h) => {
    const x = block.norm('input_layernorm', h);
    const [q, k, v] = block.linear('attention.qkv', x) as [typeof h, typeof h, typeof h];
    const mixed = block.attend(block.rotate(q), block.rotate(k), v);
    block.addLinear('attention.output', mixed, h);
  },
  mlp: swiglu,
};
