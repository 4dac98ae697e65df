/** Adjoints of the steps of state-space models against differences of the steps. */
import { describe, it } from 'vitest';
import { convolve, convolveBack } from '../../src/reference/convolve';
import { softplus, softplusBack } from '../../src/reference/softplus';
import { expectAdjoint, type Step } from './step';

type Two = [Float64Array, Float64Array];
type Three = [...Two, Float64Array];

function convolved(taps: number, length: number): Step {
  const sizes = { channels: 3, taps, length };
  return {
    name: `convolve: ${taps} taps, windows of ${length}`,
    reads: [30, 3 * taps, 3],
    forward: (...read) => convolve(...(read as Three), sizes),
    back(dy, ...[x, w]) {
      const { dx, dw, db } = convolveBack(...([x, w] as Two), dy, sizes);
      return [dx, dw, db];
    },
  };
}

function stepSizes(low: number, high: number): Step {
  return {
    name: `softplus within ${low} and ${high}`,
    reads: [40, 5],
    forward: (...read) => softplus(...(read as Two), { low, high }),
    back(dy, ...read) {
      const { dx, db } = softplusBack(...(read as Two), dy, { low, high });
      return [dx, db];
    },
  };
}

const steps: readonly Step[] = [
  convolved(4, 10),
  convolved(4, 2),
  convolved(1, 5),
  stepSizes(0, Infinity),
  // About half of the values lie beyond a limit.
  stepSizes(0.5, 1),
];

describe('the adjoint of', () => {
  it.each(steps)('$name', expectAdjoint);
});
