/**
 * How often each value of a block is used: from running it on numbers. Who computes then knows after which step a value's memory is free,
 * and when a step may write over what it reads.
 */
import type { Block, Steps } from './steps';

/** Uses of the values in the order in which steps make them, the block's input first; its result has one more. */
export async function usesOf(block: Block): Promise<readonly number[]> {
  const uses = [0];
  const count = (...read: readonly number[]) => read.forEach((value) => (uses[value] = (uses[value] ?? 0) + 1));
  const make = () => uses.push(0) - 1;
  const from = (...read: readonly number[]): number => {
    count(...read);
    return make();
  };
  const steps: Steps<number> = {
    norm: (_, x) => from(x),
    linear(_, x, layers) {
      count(x);
      return layers.map(make);
    },
    add: (residual, x) => from(residual, x),
    rotate: (x) => from(x),
    attend: (q, k, v) => from(q, k, v),
    activate: (_, x) => from(x),
    gate: (_, gate, up) => from(gate, up),
    convolve: (_, x) => from(x),
    softplus: (_, x) => from(x),
    scan: (_, { x, delta, b, c }) => from(x, delta, b, c),
  };
  count(await block(steps, 0));
  return uses;
}
