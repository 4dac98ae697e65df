/** R and R̃ of damped second moments: sizes around the block, outlier and dead columns, nearly singular H. */
import { choleskyUpper as reference, unitUpper as unitReference } from '../../src/reference/cholesky';
import { gram } from '../../src/reference/gram';
import { choleskyUpper, unitUpper } from '../../src/tensor/cholesky';
import { uploadMatrix } from '../../src/tensor/matrix';
import type { Rng } from '../../src/util/rng';
import { normals, outlierColumns, type OpCase } from '../opCase';

type Kind = 'well conditioned' | 'outlier columns' | 'dead columns' | 'rank 8';

/** A second moment of inputs of this kind, as f32. */
function moment(rng: Rng, n: number, kind: Kind): Float32Array<ArrayBuffer> {
  const tokens = kind === 'rank 8' ? 8 : n + 32;
  const x = kind === 'outlier columns' ? outlierColumns(rng, tokens, n) : normals(rng, tokens * n);
  if (kind === 'dead columns') x.forEach((_, i) => (i % n) % 5 === 2 && (x[i] = 0));
  return Float32Array.from(gram(x, tokens, n));
}

function declare(n: number, kind: Kind = 'well conditioned', benchOnly = false): OpCase[] {
  return (['cholesky', 'unitUpper'] as const).map((op) => ({
    op,
    label: `${n} ${kind}`,
    work: n ** 3 / 3,
    benchOnly,
    // The error of R is about 2⁻²⁴ times the condition number, which 1 % of damping bounds by 1 + 100·n; measured ≤ 3e-5 (n = 2048).
    tolerance: { nmse: 1e-9, because: 'f32 pivots, condition bounded by the damping' },
    prepare(gpu, scope, rng) {
      const h = moment(rng, n, kind);
      const H = uploadMatrix(scope, h, n, n, 'h');
      return {
        run: (into) => {
          const { R } = choleskyUpper(gpu, into, H, 0.01);
          return op === 'cholesky' ? R : unitUpper(gpu, into, R);
        },
        reference: () => {
          const r = reference(h, n, 0.01);
          if (!r) throw new Error('the reference found no factor');
          return op === 'cholesky' ? r : unitReference(r, n);
        },
      };
    },
  }));
}

export const cases: readonly OpCase[] = [
  ...[1, 31, 32, 33, 63, 64, 65, 172].flatMap((n) => declare(n)),
  ...declare(130, 'outlier columns'),
  ...declare(96, 'dead columns'),
  ...declare(200, 'rank 8'),
  ...declare(500, 'outlier columns'),
  ...declare(512, 'well conditioned', true),
];
