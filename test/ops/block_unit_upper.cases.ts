/** The factor of block LDLQ from that of Cholesky, against elimination of H block by block. */
import { blockUnitUpper as reference } from '../../src/reference/blockLdlq';
import { gram } from '../../src/reference/gram';
import { blockUnitUpper } from '../../src/tensor/blockUnitUpper';
import { choleskyUpper } from '../../src/tensor/cholesky';
import { uploadMatrix } from '../../src/tensor/matrix';
import { outlierColumns, type OpCase } from '../opCase';

function declare(n: number, benchOnly = false): OpCase {
  return {
    op: 'blockUnitUpper',
    label: `${n}`,
    work: 8 * n * n,
    tolerance: { nmse: 1e-9, because: 'f32 pivots, condition bounded by the damping' },
    benchOnly,
    prepare(gpu, scope, rng) {
      const h = Float32Array.from(gram(outlierColumns(rng, n + 32, n), n + 32, n));
      const { R } = choleskyUpper(gpu, scope, uploadMatrix(scope, h, n, n, 'h'), 0.01);
      return {
        run: (into) => blockUnitUpper(gpu, into, R, 8),
        reference: () => {
          let trace = 0;
          for (let i = 0; i < n; i++) trace += h[i * (n + 1)] as number;
          const damped = Float64Array.from(h, (v, at) => (at % (n + 1) === 0 ? v + (0.01 * trace) / n : v));
          return reference(damped, n);
        },
      };
    },
  };
}

export const cases: readonly OpCase[] = [8, 64, 72, 176].map((n) => declare(n)).concat(declare(1024, true));
