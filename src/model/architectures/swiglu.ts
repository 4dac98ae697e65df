/** The feed-forward half that the whole family shares (Shazeer, 2020): h += W_down (silu(W_gate x) · W_up x), x = Norm(h). */
import type { Architecture } from './architecture';

export const swiglu: Architecture['mlp'] = (block, h) => {
  const x = block.norm('post_attention_layernorm', h);
  const [gate, up] = block.linear('mlp.gate-up', x) as [typeof h, typeof h];
  block.addLinear('mlp.down', block.siluMultiply(gate, up), h);
};
