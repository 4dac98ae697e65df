import { joinHeads as twin } from '../../src/reference/joinHeads';
import { uploadMatrix } from '../../src/tensor/matrix';
import { joinHeads } from '../../src/tensor/nn/joinHeads';
import { normals, type OpCase } from '../opCase';

const shape = (tokens: number, heads: number, own: number, rest: number, benchOnly = false): OpCase => ({
  op: 'join_heads',
  label: `${tokens} tokens, ${heads} heads of ${own} + ${rest}`,
  work: 2 * tokens * heads * (own + rest),
  benchOnly,
  tolerance: { atol: 0, rtol: 0, because: 'values are moved' },
  prepare: (gpu, scope, rng) => {
    const [mine, all] = [normals(rng, tokens * heads * own), normals(rng, tokens * rest)];
    const ownHeads = uploadMatrix(scope, mine, tokens, heads * own, 'own');
    const shared = uploadMatrix(scope, all, tokens, rest, 'rest');
    return {
      run: (into) => joinHeads(gpu, into, ownHeads, shared, heads),
      reference: () => twin(mine, all, { tokens, heads }),
    };
  },
});

export const cases: readonly OpCase[] = [
  shape(1, 1, 1, 1),
  shape(63, 3, 5, 4),
  shape(65, 16, 8, 4),
  shape(7, 2, 33, 64),
  shape(4096, 16, 128, 64, true),
];
