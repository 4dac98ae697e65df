/**
 * The decoder as GPT-2 made it common (Radford et al., 2019): layer norms, attention with biases, an MLP of two layers. What its kin change is told
 * by values.
 */
import type { Activation } from '../../util/activation';
import type { Rope } from '../rotary';
import { one, type Block, type Gains, type Linear, type NormRule } from '../steps';

export interface ClassicBlock {
  readonly hidden: number;
  readonly heads: number;
  readonly activation: Activation;
  readonly epsilon: number;
  /** In the order in which they are stacked. */
  readonly qkv: readonly [q: Linear, k: Linear, v: Linear];
  readonly output: Linear;
  readonly up: Linear;
  readonly down: Linear;
  readonly norms: { readonly attention: Gains; readonly mlp: Gains };
  /**
   * `before`: h + Attention(Norm h), then + MLP(Norm h); `parallel`: both read h; `behind`: Norm(h + Attention h), then Norm(h + MLP h).
   */
  readonly order: 'before' | 'parallel' | 'behind';
  readonly rope?: Rope;
  /** Keys that a query sees: all before it when left out, those after it too in a tower for pictures. */
  readonly sees?: 'all';
  /** What q·k is multiplied by; 1/√(head size) when left out. */
  readonly scale?: number;
}

export function classicBlock(plan: ClassicBlock): Block {
  const { hidden, heads, activation, norms, rope, order, sees = Infinity } = plan;
  const size = hidden / heads;
  const rule: NormRule = { kind: 'layer', epsilon: plan.epsilon };
  return (b, h) => {
    type T = typeof h;
    const attention = (x: T): T => {
      const [q, k, v] = b.linear('attention.qkv', x, plan.qkv) as [T, T, T];
      const placed = (y: T) => (rope ? b.rotate(y, { rope, size }) : y);
      const scale = plan.scale === undefined ? {} : { scale: plan.scale };
      const mixed = b.attend(placed(q), placed(k), v, { heads, keyValueHeads: heads, size, sees, ...scale });
      return one(b, 'attention.output', mixed, plan.output);
    };
    const mlp = (x: T): T => one(b, 'mlp.down', b.activate(activation, one(b, 'mlp.up', x, plan.up)), plan.down);
    switch (order) {
      case 'before': {
        const a = b.add(h, attention(b.norm(norms.attention, h, rule)));
        return b.add(a, mlp(b.norm(norms.mlp, a, rule)));
      }
      case 'parallel': {
        // Both norms first: the stream is written over when the first of the two is added.
        const [x, y] = [b.norm(norms.attention, h, rule), b.norm(norms.mlp, h, rule)];
        return b.add(b.add(h, attention(x)), mlp(y));
      }
      case 'behind': {
        const a = b.norm(norms.attention, b.add(h, attention(h)), rule);
        return b.norm(norms.mlp, b.add(a, mlp(a)), rule);
      }
    }
  };
}
