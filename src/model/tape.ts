/**
 * A block with gradients: the carrier is a matrix in float64 that knows how it was made, and the tape, read backwards, is reverse mode
 * (Linnainmaa, 1970; Griewank and Walther, 2008). Slow and plain: what a block's gradients are, for tests and for small layers; not the GPU.
 */
import { activate, activateBack, gateMultiply, gateMultiplyBack } from '../reference/activation';
import { attention, attentionBack } from '../reference/attention';
import { clamp, clampBack } from '../reference/clamp';
import { combine, combineBack } from '../reference/combine';
import { gather, gatherBack } from '../reference/gather';
import { convolve, convolveBack } from '../reference/convolve';
import { joinHeads, joinHeadsBack } from '../reference/joinHeads';
import { layerNorm, layerNormBack } from '../reference/layerNorm';
import { linear, linearBack } from '../reference/linear';
import { rmsNorm, rmsNormBack } from '../reference/rmsNorm';
import { rope, ropeBack, type RopeSizes } from '../reference/rope';
import { chooseExperts, expertWeights, expertWeightsBack } from '../reference/route';
import { selectiveScan, selectiveScanBack } from '../reference/selectiveScan';
import { softplus, softplusBack } from '../reference/softplus';
import { weigh, weighBack } from '../reference/weigh';
import { assert, present } from '../util/assert';
import type { Batch } from './model';
import { rotaryFrequencies, rotaryMagnitude, rotatedWidth } from './rotary';
import type { Block, Parameter, RotaryRule, Source, Steps } from './steps';
import { tokensByExpert } from './tokensByExpert';

/** What a block reads, by the keys of its trace: "self_attn.q_proj" [rows, cols], "self_attn.q_proj.bias", "input_layernorm". Row-major. */
export type BlockContent = ReadonlyMap<string, ArrayLike<number>>;

export interface Gradients {
  /** At the block's input, [tokens, hidden]. */
  readonly x: Float64Array;
  /**
   * At every weight, bias and gain that the block read, by key and like it; zeros where the result does not depend on it. Experts without
   * tokens read nothing.
   */
  readonly content: ReadonlyMap<string, Float64Array>;
}

export interface Tape {
  /** The block's result, [tokens, hidden]. */
  readonly y: Float64Array;
  /** Gradients of a loss from `dy`, its gradient at y [tokens, hidden]. May be called again: nothing is kept. */
  readonly backward: (dy: ArrayLike<number>) => Gradients;
}

/** A matrix [tokens, cols], or a tensor of the block. */
type Value = ArrayLike<number>;

/** One step made: from the gradient at what it made to what that adds to the gradients at what it read. */
interface Made {
  readonly value: Value;
  readonly adjoint: (dy: Float64Array) => readonly (readonly [read: Value, gradient: Float64Array])[];
}

/** `x` [windows × length, hidden]. Memory: every value of the block, in float64, until the tape is dropped. */
export async function tape(block: Block, x: ArrayLike<number>, content: BlockContent, batch: Batch): Promise<Tape> {
  const made: Made[] = [];
  const read = new Map<string, Value>();
  const tokens = batch.windows * batch.length;
  assert(x.length % tokens === 0, `${x.length} values in ${tokens} rows`);
  // A copy: the caller's may change before backward.
  const input = Float64Array.from(x);
  const result = await block(onTape(made, read, content, batch), input);
  return {
    y: Float64Array.from(result),
    backward(dy) {
      assert(dy.length === result.length, `${dy.length} gradients at ${result.length} results`);
      const gradients = new Map<Value, Float64Array>([[result, Float64Array.from(dy)]]);
      for (const { value, adjoint } of made.toReversed()) {
        const here = gradients.get(value);
        if (!here) continue;
        for (const [from, gradient] of adjoint(here)) gradients.set(from, sum(gradients.get(from), gradient));
      }
      const at = (value: Value) => gradients.get(value) ?? new Float64Array(value.length);
      return { x: at(input), content: new Map([...read].map(([key, value]) => [key, at(value)])) };
    },
  };
}

function onTape(made: Made[], read: Map<string, Value>, content: BlockContent, batch: Batch): Steps<Value> {
  const { length } = batch;
  /** Rows of the values at hand: of all tokens, or of those of the expert that runs. */
  let tokens = batch.windows * length;
  const make = (value: Value, adjoint: Made['adjoint']): Value => {
    made.push({ value, adjoint });
    return value;
  };
  const tensor = (key: string, size: number): Value => {
    const value = read.get(key) ?? Float64Array.from(present(content.get(key), key));
    assert(value.length === size, `${key}: ${value.length} values for ${size}`);
    read.set(key, value);
    return value;
  };
  const positions = (x: Value, { rope, size, begin = 0 }: RotaryRule): readonly [Float64Array, RopeSizes] => [
    rotaryFrequencies(rope, rotatedWidth(rope, size - begin), length),
    {
      ...{ size, begin, pairs: rope.pairs ?? 'halves', length, magnitude: rotaryMagnitude(rope) },
      heads: x.length / (tokens * size),
    },
  ];
  /** A vector of the checkpoint, or what stands for one that the model has not. */
  const vector = (key: string, size: number, from: Source | null | undefined, without: number): Value =>
    from ? tensor(key, size) : new Float64Array(size).fill(without);

  const parameter = ({ name, shape }: Parameter): Value =>
    tensor(
      name,
      shape.reduce((a, b) => a * b, 1),
    );

  return {
    norm({ name, width, from, bias, run = width }, x, { kind, epsilon }) {
      const gains = vector(name, width, from, 1);
      if (kind === 'layer') {
        const b = vector(`${name}.bias`, width, bias, 0);
        return make(layerNorm(x, gains, b, epsilon), (dy) => {
          const { dx, dw, db } = layerNormBack(x, gains, epsilon, dy);
          return [
            [x, dx],
            [gains, dw],
            [b, db],
          ];
        });
      }
      return make(rmsNorm(x, gains, epsilon, run), (dy) => {
        const { dx, dw } = rmsNormBack(x, gains, epsilon, dy, run);
        return [
          [x, dx],
          [gains, dw],
        ];
      });
    },
    linear(_, x, layers) {
      const cols = x.length / tokens;
      return layers.map(({ name, rows, bias }) => {
        const w = tensor(name, rows * cols);
        const b = bias ? tensor(`${name}.bias`, rows) : null;
        const sizes = { tokens, rows, cols };
        return make(linear(x, w, b, sizes), (dy) => {
          const { dx, dw, db } = linearBack(x, w, dy, sizes);
          return [[x, dx], [w, dw], ...(b ? [[b, db] as const] : [])];
        });
      });
    },
    add(residual, x, factor = 1) {
      const times = (value: ArrayLike<number>) => Float64Array.from(value, (v) => factor * v);
      return make(sum(residual, times(x)), (dy) => [
        [residual, dy],
        [x, times(dy)],
      ]);
    },
    rotate: (x, rule) => make(rope(x, ...positions(x, rule)), (dy) => [[x, ropeBack(dy, ...positions(x, rule))]]),
    attend(q, k, v, rule) {
      const sizes = { ...rule, tokens, length };
      return make(attention(q, k, v, sizes), (dy) => {
        const { dQ, dK, dV } = attentionBack(q, k, v, dy, sizes);
        return [
          [q, dQ],
          [k, dK],
          [v, dV],
        ];
      });
    },
    joinHeads(own, rest, heads) {
      const sizes = { tokens, heads };
      return make(joinHeads(own, rest, sizes), (dy) => {
        const { dOwn, dRest } = joinHeadsBack(dy, rest.length, sizes);
        return [
          [own, dOwn],
          [rest, dRest],
        ];
      });
    },
    activate: (act, x) => make(activate(act, x), (dy) => [[x, activateBack(act, x, dy)]]),
    gate: (act, gate, up) =>
      make(gateMultiply(act, gate, up), (dy) => {
        const { dGate, dUp } = gateMultiplyBack(act, gate, up, dy);
        return [
          [gate, dGate],
          [up, dUp],
        ];
      }),
    convolve({ name, channels, taps, bias }, x) {
      const w = tensor(name, channels * taps);
      const b = bias ? tensor(`${name}.bias`, channels) : null;
      const sizes = { channels, taps, length };
      return make(convolve(x, w, b, sizes), (dy) => {
        const { dx, dw, db } = convolveBack(x, w, dy, sizes);
        return [[x, dx], [w, dw], ...(b ? [[b, db] as const] : [])];
      });
    },
    softplus({ bias, ...limits }, x) {
      const b = parameter(bias);
      return make(softplus(x, b, limits), (dy) => {
        const { dx, db } = softplusBack(x, b, dy, limits);
        return [
          [x, dx],
          [b, db],
        ];
      });
    },
    scan({ heads, groups, states, decays, through }, { x, delta, b, c }) {
      const values = { x, delta, aLog: parameter(decays), b, c, d: parameter(through) };
      const sizes = { channels: x.length / tokens, heads, groups, states, length };
      return make(selectiveScan(values, sizes), (dy) => {
        const gradients = selectiveScanBack(values, dy, sizes);
        return Object.entries(values).map(([key, value]) => [value, gradients[key as keyof typeof values]] as const);
      });
    },
    async mixture(rule, router, x, expert) {
      const { count, experts } = rule;
      const all = tokens;
      const cols = x.length / all;
      const chosen = chooseExperts(router, rule);
      const weights = make(expertWeights(router, chosen, rule), (dy) => [
        [router, expertWeightsBack(router, chosen, dy, rule)],
      ]);
      let y: Value = new Float64Array(x.length);
      for (const [e, routed] of tokensByExpert(chosen, count, experts).entries()) {
        if (!routed.tokens.length) continue;
        const rows = make(gather(x, cols, routed.tokens), (dy) => [[x, gatherBack(dy, all, cols, routed.tokens)]]);
        tokens = routed.tokens.length;
        const result = await expert(e, rows);
        tokens = all;
        const sizes = { choices: routed.choices, count };
        const before = y;
        y = make(combine(before, result, weights, sizes), (dy) => {
          const { dx, dWeights } = combineBack(result, weights, dy, sizes);
          return [
            [before, dy],
            [result, dx],
            [weights, dWeights],
          ];
        });
      }
      return y;
    },
    weigh: (x, gate) =>
      make(weigh(x, gate), (dy) => {
        const { dx, dGate } = weighBack(x, gate, dy);
        return [
          [x, dx],
          [gate, dGate],
        ];
      }),
    clamp: (x, limit) => make(clamp(x, limit), (dy) => [[x, clampBack(x, limit, dy)]]),
  };
}

/** Never writes over what it is given: two values may have the same gradient. */
function sum(a: ArrayLike<number> | undefined, b: ArrayLike<number>): Float64Array {
  return Float64Array.from(b, (value, i) => value + (a ? (a[i] as number) : 0));
}
