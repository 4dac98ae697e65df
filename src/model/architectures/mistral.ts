/** Mistral 7B and its kin (Jiang et al., 2023): a Llama whose queries see a sliding window of keys, where the config names one. */
import { everyLayer, type Architecture } from './architecture';
import { swiglu } from './swiglu';

export const mistral: Architecture = {
  name: 'mistral',
  particulars: (fields, { layers }) => {
    // A missing field means the 4096 of the first release, null means none: as transformers reads it.
    const window =
      fields.values.sliding_window === null
        ? Infinity
        : fields.integer('sliding_window', { min: 1, max: 2 ** 30, fallback: 4096 });
    return {
      slidingWindows: everyLayer(layers, window),
      biases: { qkv: false, output: false, mlp: false },
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
