/** Adjoints of the steps against differences of the steps: each gradient of dy·f is that of four values of f. */
import { describe, expect, it } from 'vitest';
import { activate, activateBack, gateMultiply, gateMultiplyBack } from '../../src/reference/activation';
import { attention, attentionBack, type AttentionSizes } from '../../src/reference/attention';
import { layerNorm, layerNormBack } from '../../src/reference/layerNorm';
import { linear, linearBack } from '../../src/reference/linear';
import { rmsNorm, rmsNormBack } from '../../src/reference/rmsNorm';
import { rope, ropeBack } from '../../src/reference/rope';
import { activations } from '../../src/util/activation';
import { expectAdjoint, type Step } from './step';

type Read = [Float64Array, Float64Array, Float64Array];

const sizes = { tokens: 4, rows: 5, cols: 3 };
const frequencies = [1, 0.3, 0.01];
const turned = { size: 6, begin: 0, pairs: 'halves', heads: 2, length: 3, magnitude: 1 } as const;
const part = { size: 9, begin: 2, pairs: 'neighbours', heads: 2, length: 3, magnitude: 1.2 } as const;

function attend(
  keyValueHeads: number,
  sees: AttentionSizes['sees'],
  length: number,
  more: Pick<AttentionSizes, 'values' | 'scale' | 'cap'> = {},
): Step {
  const shape = { tokens: 10, heads: 4, keyValueHeads, size: 3, length, sees, ...more };
  return {
    name: `attention: 4/${keyValueHeads} heads, windows of ${length}, ${sees} keys, ${JSON.stringify(more)}`,
    reads: [120, 30 * keyValueHeads, 10 * keyValueHeads * (more.values ?? 3)],
    forward: (...read) => attention(...(read as Read), shape),
    back(dy, ...read) {
      const { dQ, dK, dV } = attentionBack(...(read as Read), dy, shape);
      return [dQ, dK, dV];
    },
  };
}

function norm(epsilon: number, run = 6): Step {
  return {
    name: `rmsNorm: runs of ${run}, ε = ${epsilon}`,
    reads: [24, 6],
    forward: (...read) => rmsNorm(...(read as [Float64Array, Float64Array]), epsilon, run),
    back(dy, ...read) {
      const { dx, dw } = rmsNormBack(...(read as [Float64Array, Float64Array]), epsilon, dy, run);
      return [dx, dw];
    },
  };
}

const steps: readonly Step[] = [
  // The second ε is as large as the squares, and takes part.
  norm(1e-6),
  norm(1),
  norm(1e-6, 2),
  {
    name: 'layerNorm',
    reads: [24, 6, 6],
    forward: (...read) => layerNorm(...(read as Read), 0.1),
    back(dy, ...read) {
      const [x, w] = read as Read;
      const { dx, dw, db } = layerNormBack(x, w, 0.1, dy);
      return [dx, dw, db];
    },
  },
  {
    name: 'linear with a bias',
    reads: [12, 15, 5],
    forward: (...read) => linear(...(read as Read), sizes),
    back(dy, ...[x, w]) {
      const { dx, dw, db } = linearBack(...([x, w] as [Float64Array, Float64Array]), dy, sizes);
      return [dx, dw, db];
    },
  },
  {
    name: 'rope: windows of 3, 2 heads',
    reads: [72],
    forward: (...[x]) => rope(x as Float64Array, frequencies, turned),
    back: (dy) => [ropeBack(dy, frequencies, turned)],
  },
  {
    name: 'rope: neighbours of a part of each head, magnified',
    reads: [108],
    forward: (...[x]) => rope(x as Float64Array, frequencies, part),
    back: (dy) => [ropeBack(dy, frequencies, part)],
  },
  attend(4, Infinity, 10),
  attend(2, Infinity, 5),
  attend(2, 3, 5),
  attend(1, 1, 5),
  attend(2, 'all', 5),
  attend(2, Infinity, 5, { values: 5, scale: 0.7, cap: 2 }),
  ...activations.flatMap((act): Step[] => [
    {
      name: act,
      reads: [40],
      forward: (...[x]) => activate(act, x as Float64Array),
      back: (dy, ...[x]) => [activateBack(act, x as Float64Array, dy)],
    },
    {
      name: `gateMultiply by ${act}`,
      reads: [40, 40],
      forward: (...read) => gateMultiply(act, ...(read as [Float64Array, Float64Array])),
      back(dy, ...read) {
        const { dGate, dUp } = gateMultiplyBack(act, ...(read as [Float64Array, Float64Array]), dy);
        return [dGate, dUp];
      },
    },
  ]),
];

describe('the adjoint of', () => {
  it.each(steps)('$name', expectAdjoint);

  it('gateMultiply where the exponential overflows', () => {
    const { dGate, dUp } = gateMultiplyBack('silu', [-800, 800], [2, 2], [1, 1]);
    expect([...dGate]).toEqual([-0, 2]);
    expect([...dUp]).toEqual([-0, 800]);
  });
});
