/** Solves by the factors of second moments: sizes around the block, more and fewer rows than columns, outlier and dead columns. */
import { choleskyUpper } from '../../src/reference/cholesky';
import { gram } from '../../src/reference/gram';
import { inverseUpper as inverseReference, rightSolve as solveReference } from '../../src/reference/triangular';
import { uploadMatrix } from '../../src/tensor/matrix';
import { inverseUpper, rightSolve } from '../../src/tensor/triangular';
import { normals, outlierColumns, type OpCase } from '../opCase';

type Kind = 'well conditioned' | 'outlier columns' | 'dead columns' | 'rank 8';

function declare(rows: number | 'inverse', n: number, kind: Kind = 'well conditioned', benchOnly = false): OpCase {
  return {
    op: 'triangular',
    label: `${rows === 'inverse' ? 'inverse of' : `${rows} rows by`} ${n} ${kind}`,
    work: rows === 'inverse' ? n ** 3 / 3 : rows * n * n,
    benchOnly,
    // Backward stable; the factor's condition is the root of H's, which 1 % of damping bounds by 1 + 100·n.
    tolerance: { nmse: 1e-9, because: 'f32 sums, condition bounded by the damping' },
    prepare(gpu, scope, rng) {
      const tokens = kind === 'rank 8' ? 8 : n + 32;
      const inputs = kind === 'outlier columns' ? outlierColumns(rng, tokens, n) : normals(rng, tokens * n);
      if (kind === 'dead columns') inputs.forEach((_, i) => (i % n) % 5 === 2 && (inputs[i] = 0));
      const factor = choleskyUpper(gram(inputs, tokens, n), n, 0.01);
      if (!factor) throw new Error('the reference found no factor');
      const u = Float32Array.from(factor);
      const U = uploadMatrix(scope, u, n, n, 'u');
      if (rows === 'inverse') {
        return { run: (into) => inverseUpper(gpu, into, U), reference: () => inverseReference(u, n) };
      }
      const x = normals(rng, rows * n);
      const X = uploadMatrix(scope, x, rows, n, 'x');
      return { run: (into) => rightSolve(gpu, into, X, U), reference: () => solveReference(x, u, rows, n) };
    },
  };
}

export const cases: readonly OpCase[] = [
  ...[1, 31, 32, 33, 64, 65, 172].map((n) => declare('inverse', n)),
  declare('inverse', 130, 'outlier columns'),
  declare('inverse', 96, 'dead columns'),
  declare('inverse', 200, 'rank 8'),
  declare(1, 1),
  declare(1, 33),
  declare(3, 172, 'outlier columns'),
  declare(65, 63, 'rank 8'),
  declare(130, 64, 'dead columns'),
  declare('inverse', 512, 'well conditioned', true),
];
