/** Adjoints of what leads tokens through experts, and of attention over latents, against differences. */
import { describe, it } from 'vitest';
import { clamp, clampBack } from '../../src/reference/clamp';
import { combine, combineBack } from '../../src/reference/combine';
import { gather, gatherBack } from '../../src/reference/gather';
import { joinHeads, joinHeadsBack } from '../../src/reference/joinHeads';
import { chooseExperts, expertWeights, expertWeightsBack, type RouteSizes } from '../../src/reference/route';
import { weigh, weighBack } from '../../src/reference/weigh';
import { createRng } from '../../src/util/rng';
import { normals } from '../opCase';
import { expectAdjoint, type Step } from './step';

type Read = [Float64Array, Float64Array, Float64Array];

/** The choice is that of other logits: it stays as it is while these move. */
function weights(name: string, rule: Omit<RouteSizes, 'experts'>): Step {
  const shape = { ...rule, experts: 6 };
  const chosen = chooseExperts(normals(createRng(3), 24), shape);
  return {
    name: `expertWeights: ${name}`,
    reads: [24],
    forward: (...[logits]) => expertWeights(logits as Float64Array, chosen, shape),
    back: (dy, ...[logits]) => [expertWeightsBack(logits as Float64Array, chosen, dy, shape)],
  };
}

const steps: readonly Step[] = [
  weights('as they are, scaled', { count: 3, normalise: false, scale: 2.5, epsilon: 0 }),
  weights('normalised', { count: 3, normalise: true, scale: 1, epsilon: 0 }),
  weights('normalised with ε', { count: 2, normalise: true, scale: 2.5, epsilon: 0.3 }),
  weights('one', { count: 1, normalise: true, scale: 1, epsilon: 0 }),
  {
    name: 'gather: a row twice, a row never',
    reads: [12],
    forward: (...[table]) => gather(table as Float64Array, 3, [3, 0, 3]),
    back: (dy) => [gatherBack(dy, 4, 3, [3, 0, 3])],
  },
  {
    name: 'combine: 2 of 3 tokens',
    reads: [12, 8, 6],
    forward: (...read) => combine(...(read as Read), { choices: [1, 4], count: 2 }),
    back(dy, ...[, x, weights]) {
      const { dx, dWeights } = combineBack(x as Float64Array, weights as Float64Array, dy, {
        choices: [1, 4],
        count: 2,
      });
      return [dy, dx, dWeights];
    },
  },
  {
    name: 'weigh',
    reads: [20, 5],
    forward: (...read) => weigh(...(read as [Float64Array, Float64Array])),
    back(dy, ...read) {
      const { dx, dGate } = weighBack(...(read as [Float64Array, Float64Array]), dy);
      return [dx, dGate];
    },
  },
  {
    name: 'clamp: a third of the values, none as near to the limit as a difference reaches',
    reads: [40],
    forward: (...[x]) => clamp(x as Float64Array, 1),
    back: (dy, ...[x]) => [clampBack(x as Float64Array, 1, dy)],
  },
  {
    name: 'joinHeads: 2 heads of 3 and 2',
    reads: [24, 8],
    forward: (...[own, rest]) => joinHeads(own as Float64Array, rest as Float64Array, { tokens: 4, heads: 2 }),
    back(dy) {
      const { dOwn, dRest } = joinHeadsBack(dy, 8, { tokens: 4, heads: 2 });
      return [dOwn, dRest];
    },
  },
];

describe('the adjoint of', () => {
  it.each(steps)('$name', expectAdjoint);
});
