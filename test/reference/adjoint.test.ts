/** Adjoints of the steps against differences of the steps: each gradient of dy·f is that of four values of f. */
import { describe, expect, it } from 'vitest';
import { attention, attentionBack } from '../../src/reference/attention';
import { linear, linearBack } from '../../src/reference/linear';
import { rmsNorm, rmsNormBack } from '../../src/reference/rmsNorm';
import { rope, ropeBack } from '../../src/reference/rope';
import { siluMultiply, siluMultiplyBack } from '../../src/reference/siluMultiply';
import { createRng } from '../../src/util/rng';
import { differenceBound, differences, farthest } from '../difference';
import { normals } from '../opCase';

interface Step {
  readonly name: string;
  /** Sizes of what the step reads. */
  readonly reads: readonly number[];
  readonly forward: (...read: Float64Array[]) => Float64Array;
  readonly back: (dy: Float64Array, ...read: Float64Array[]) => readonly Float64Array[];
}

type Read = [Float64Array, Float64Array, Float64Array];

const sizes = { tokens: 4, rows: 5, cols: 3 };
const frequencies = [1, 0.3, 0.01];

function attend(keyValueHeads: number, slidingWindow: number, length: number): Step {
  const shape = { tokens: 10, heads: 4, keyValueHeads, size: 3, length, slidingWindow };
  return {
    name: `attention: 4/${keyValueHeads} heads, windows of ${length}, ${slidingWindow} keys`,
    reads: [120, 30 * keyValueHeads, 30 * keyValueHeads],
    forward: (...read) => attention(...(read as Read), shape),
    back(dy, ...read) {
      const { dQ, dK, dV } = attentionBack(...(read as Read), dy, shape);
      return [dQ, dK, dV];
    },
  };
}

function norm(epsilon: number): Step {
  return {
    name: `rmsNorm: runs of 6, ε = ${epsilon}`,
    reads: [24, 6],
    forward: (...read) => rmsNorm(...(read as [Float64Array, Float64Array]), epsilon),
    back(dy, ...read) {
      const { dx, dw } = rmsNormBack(...(read as [Float64Array, Float64Array]), epsilon, dy);
      return [dx, dw];
    },
  };
}

const steps: readonly Step[] = [
  // The second ε is as large as the squares, and takes part.
  norm(1e-6),
  norm(1),
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
    forward: (...[x]) => rope(x as Float64Array, frequencies, 2, 3),
    back: (dy) => [ropeBack(dy, frequencies, 2, 3)],
  },
  attend(4, Infinity, 10),
  attend(2, Infinity, 5),
  attend(2, 3, 5),
  attend(1, 1, 5),
  {
    name: 'siluMultiply',
    reads: [40, 40],
    forward: (...read) => siluMultiply(...(read as [Float64Array, Float64Array])),
    back(dy, ...read) {
      const { dGate, dUp } = siluMultiplyBack(...(read as [Float64Array, Float64Array]), dy);
      return [dGate, dUp];
    },
  },
];

describe('the adjoint of', () => {
  it.each(steps)('$name', async ({ reads, forward, back }) => {
    const rng = createRng(11);
    const read = reads.map((size) => Float64Array.from(normals(rng, size)));
    const dy = Float64Array.from(normals(rng, forward(...read).length));
    const loss = () => forward(...read).reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
    const gradients = back(dy, ...read);
    expect(gradients.length).toBe(reads.length);
    const want = await differences(
      loss,
      read.map((values, n) => [`${n}`, values] as const),
    );
    for (const [n, values] of [...want.values()].entries()) {
      const error = farthest(gradients[n] as Float64Array, values);
      expect(error).toBeLessThanOrEqual(differenceBound);
    }
  });

  it('siluMultiply where the exponential overflows', () => {
    const { dGate, dUp } = siluMultiplyBack([-800, 800], [2, 2], [1, 1]);
    expect([...dGate]).toEqual([-0, 2]);
    expect([...dUp]).toEqual([-0, 800]);
  });
});
