/** Grid parameters, row by row and group by group. */
import { FactorCache } from '../../src/quant/factorCache';
import { fitGroups } from '../../src/quant/grid/fit';
import { uniform } from '../../src/quant/grid/uniform';
import { groupColumns } from '../../src/quant/groups';
import { nearest } from '../../src/reference/nearest';
import { uploadMatrix } from '../../src/tensor/matrix';
import { outlierColumns, type OpCase } from '../opCase';
import { testContext } from '../quant/fixture';

function declare(rows: number, cols: number, group: number | null, symmetric: boolean, benchOnly = false): OpCase {
  return {
    op: 'group_fit',
    label: `${rows}×${cols} ${group === null ? 'row' : `group ${group}`}${symmetric ? ' symmetric' : ''}`,
    work: 4 * rows * cols,
    tolerance: { atol: 0, rtol: 1e-6, because: 'one float32 division a scale; zeros are whole numbers' },
    benchOnly,
    prepare(gpu, scope, rng) {
      // A row of zeros, a row of one sign, the rest with outliers. The range of zeros is [−1, 1], whose asymmetric zero point is a
      // tie between two codes that mean the same.
      const w = outlierColumns(rng, rows, cols).map((v, i) =>
        i < cols && symmetric ? 0 : i < 2 * cols ? Math.abs(v) : v,
      );
      const W = uploadMatrix(scope, w, rows, cols, 'W');
      const factors = FactorCache.of(scope);
      return {
        async run(into) {
          const grid = uniform({ name: 'uniform', bits: 4, group, symmetric, clip: 'min-max' });
          const map = await groupColumns(cols, grid, 'dynamic', undefined, factors);
          return fitGroups(W, { W, factors }, grid, map, testContext(gpu, into));
        },
        reference: () =>
          nearest(w, rows, cols, group, { bits: 4, symmetric, clip: 'min-max' }).parameters.flatMap((p) => [
            p.scale,
            p.zero,
          ]),
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  declare(1, 1, null, false),
  declare(65, 63, null, true),
  declare(64, 172, 32, false),
  declare(63, 172, 64, true),
  declare(3, 1000, 48, false),
  declare(2048, 2048, 128, false, true),
];
