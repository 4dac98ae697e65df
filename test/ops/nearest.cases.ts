/** Rounding to nearest: parameters, codes and values in one go. */
import { FactorCache } from '../../src/quant/factorCache';
import { uniform } from '../../src/quant/grid/uniform';
import { dequantize } from '../../src/quant/rounding/dequantize';
import { nearest } from '../../src/quant/rounding/nearest';
import { uploadOrder } from '../../src/quant/columns';
import { nearest as reference } from '../../src/reference/nearest';
import { uploadMatrix } from '../../src/tensor/matrix';
import { outlierColumns, type OpCase } from '../opCase';
import { testContext } from '../quant/fixture';

function declare(
  rows: number,
  cols: number,
  bits: number,
  group: number | null,
  clip: 'min-max' | 'mse',
  benchOnly = false,
): OpCase {
  return {
    op: 'nearest',
    label: `${rows}×${cols} ${bits} bits ${group === null ? 'row' : `group ${group}`} ${clip}`,
    work: 20 * rows * cols,
    tolerance: { nmse: 1e-6, because: 'a near-tie may fall the other way: one step of one weight in thousands' },
    benchOnly,
    prepare(gpu, scope, rng) {
      const w = outlierColumns(rng, rows, cols);
      const W = uploadMatrix(scope, w, rows, cols, 'W');
      const grid = uniform({ name: 'uniform', bits, group, symmetric: false, clip });
      const factors = FactorCache.of(scope);
      return {
        async run(into) {
          const cx = testContext(gpu, into);
          const { codes, parameters, groupOf } = await nearest()({ W, factors }, grid, cx);
          return dequantize(codes, parameters, uploadOrder(into, groupOf), grid, cx);
        },
        reference: () => reference(w, rows, cols, group, { bits, symmetric: false, clip }).What,
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  declare(1, 1, 4, null, 'min-max'),
  declare(63, 65, 8, null, 'min-max'),
  declare(65, 172, 3, 32, 'min-max'),
  declare(64, 172, 2, 64, 'mse'),
  declare(2, 1000, 5, null, 'mse'),
  declare(2048, 2048, 4, 128, 'min-max', true),
];
