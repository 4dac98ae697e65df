/** The objective, row by row. */
import { gram } from '../../src/reference/gram';
import { proxyLoss as reference } from '../../src/reference/proxyLoss';
import { uploadMatrix } from '../../src/tensor/matrix';
import { proxyLoss } from '../../src/tensor/proxyLoss';
import { normals, outlierColumns, type OpCase } from '../opCase';

function declare(rows: number, n: number): OpCase {
  return {
    op: 'proxyLoss',
    label: `${rows}×${n}`,
    work: 2 * rows * n * n,
    // A quadratic form of f32 numbers: two sums of n terms.
    tolerance: { nmse: 1e-11, because: 'two f32 sums' },
    prepare(gpu, scope, rng) {
      const w = normals(rng, rows * n);
      const what = w.map((v) => Math.round(v * 4) / 4);
      const h = Float32Array.from(gram(outlierColumns(rng, n + 8, n), n + 8, n));
      const W = uploadMatrix(scope, w, rows, n, 'w');
      const What = uploadMatrix(scope, what, rows, n, 'what');
      const H = uploadMatrix(scope, h, n, n, 'h');
      return {
        run: (into) => proxyLoss(gpu, into, W, What, H),
        reference: () => reference(w, what, h, rows, n),
      };
    },
  };
}

export const cases: readonly OpCase[] = [declare(1, 1), declare(65, 63), declare(64, 172), declare(3, 130)];
