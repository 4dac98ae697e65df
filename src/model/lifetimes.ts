/**
 * How often each value of a block is used: from running it on uses instead of matrices. Who computes then knows after which step a value's
 * memory is free, and when a step may write over what it reads.
 */
import { assert } from '../util/assert';
import type { Block, Steps } from './steps';

/** Uses of values in the order in which steps make them, the input first; the result has one more. */
export interface Uses {
  readonly values: readonly number[];
  /** Of every mixture in order, the values within one of its experts: a list of their own, because experts without tokens do not run. */
  readonly experts: readonly (readonly number[])[];
}

interface Value {
  uses: number;
  /** What was made beside it: of the block, or within an expert. */
  readonly among: readonly Value[];
}

export async function usesOf(block: Block): Promise<Uses> {
  const experts: Value[][] = [];
  let values: Value[] = [];
  const make = (): Value => {
    const value = { uses: 0, among: values };
    values.push(value);
    return value;
  };
  const count = (...read: readonly Value[]) => {
    for (const value of read) {
      assert(value.among === values, 'an expert reads what it is given, and nothing else of the block');
      value.uses++;
    }
  };
  const from = (...read: readonly Value[]): Value => {
    count(...read);
    return make();
  };
  const steps: Steps<Value> = {
    norm: (_, x) => from(x),
    linear(_, x, layers) {
      count(x);
      return layers.map(make);
    },
    add: (residual, x) => from(residual, x),
    rotate: (x) => from(x),
    attend: (q, k, v) => from(q, k, v),
    joinHeads: (own, rest) => from(own, rest),
    activate: (_, x) => from(x),
    gate: (_, gate, up) => from(gate, up),
    convolve: (_, x) => from(x),
    softplus: (_, x) => from(x),
    scan: (_, { x, delta, b, c }) => from(x, delta, b, c),
    async mixture(_, router, x, expert) {
      count(router, x);
      const outside = values;
      values = [];
      experts.push(values);
      count(await expert(0, make()));
      values = outside;
      return make();
    },
    weigh: (x, gate) => from(x, gate),
    clamp: (x) => from(x),
  };
  count(await block(steps, make()));
  const usesIn = (list: readonly Value[]) => list.map(({ uses }) => uses);
  return { values: usesIn(values), experts: experts.map(usesIn) };
}
