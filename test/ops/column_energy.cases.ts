/** Distances of columns: shapes around the workgroup, outlier columns. */
import { columnEnergy as reference } from '../../src/reference/columnEnergy';
import { columnEnergy } from '../../src/tensor/columnEnergy';
import { uploadMatrix } from '../../src/tensor/matrix';
import { outlierColumns, type OpCase } from '../opCase';

function declare(rows: number, cols: number, benchOnly = false): OpCase {
  return {
    op: 'column_energy',
    label: `${rows}×${cols}`,
    work: 3 * rows * cols,
    benchOnly,
    tolerance: { atol: 0, rtol: 1e-4, because: 'an f32 sum of positive terms, at most 1000 of them' },
    prepare(gpu, scope, rng) {
      const x = outlierColumns(rng, rows, cols);
      const y = x.map((v) => Math.round(2 * v) / 2);
      const X = uploadMatrix(scope, x, rows, cols, 'x');
      const Y = uploadMatrix(scope, y, rows, cols, 'y');
      return {
        run: (into) => columnEnergy(gpu, into, X, Y),
        reference: () => reference(x, y, rows, cols),
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  declare(1, 1),
  declare(63, 65),
  declare(1000, 64),
  declare(3, 1000),
  declare(2560, 960, true),
];
