/** Adjoints of the steps of state-space models against differences of the steps. */
import { describe, it } from 'vitest';
import { convolve, convolveBack } from '../../src/reference/convolve';
import { selectiveScan, selectiveScanBack, type Scanned, type ScanSizes } from '../../src/reference/selectiveScan';
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

/** `rates`: decays of a head. */
function scanned(sizes: ScanSizes, rates: number): Step {
  const { channels, heads, groups, states } = sizes;
  const tokens = 6;
  const reads = [channels * tokens, heads * tokens, heads * rates, groups * states * tokens];
  const named = ([x, delta, aLog, b, c, d]: Float64Array[]): Scanned =>
    ({ x, delta, aLog, b, c, d }) as Readonly<Record<keyof Scanned, Float64Array>>;
  return {
    name: `selectiveScan: ${channels} channels, ${heads} heads, ${groups} groups, windows of ${sizes.length}`,
    reads: [...reads, reads[3] as number, heads],
    forward: (...read) => selectiveScan(named(read), sizes),
    back(dy, ...read) {
      const { x, delta, aLog, b, c, d } = selectiveScanBack(named(read), dy, sizes);
      return [x, delta, aLog, b, c, d];
    },
  };
}

const steps: readonly Step[] = [
  convolved(4, 10),
  convolved(4, 2),
  convolved(1, 5),
  stepSizes(0, Infinity),
  scanned({ channels: 3, heads: 3, groups: 1, states: 4, length: 6 }, 4),
  scanned({ channels: 8, heads: 4, groups: 2, states: 3, length: 3 }, 1),
  // About half of the values lie beyond a limit.
  stepSizes(0.5, 1),
];

describe('the adjoint of', () => {
  it.each(steps)('$name', expectAdjoint);
});
