/** Rounding to nearest on E8P: scale, codewords and values in one go. */
import { uploadOrder } from '../../src/quant/columns';
import { FactorCache } from '../../src/quant/factorCache';
import { e8p } from '../../src/quant/grid/e8p';
import { dequantize } from '../../src/quant/rounding/dequantize';
import { nearest } from '../../src/quant/rounding/nearest';
import { roundE8p } from '../../src/reference/blockLdlq';
import type { E8pBits } from '../../src/reference/e8p';
import { uploadMatrix } from '../../src/tensor/matrix';
import { normals, outlierColumns, type OpCase } from '../opCase';
import { testContext } from '../quant/fixture';

function declare(rows: number, cols: number, bits: E8pBits, kind: 'normal' | 'outlier', benchOnly = false): OpCase {
  return {
    op: 'e8p',
    label: `${rows}×${cols} ${bits} bits ${kind}`,
    // 256 rows of the table for 8 weights, two shifts, each a product, two sums and a comparison a weight; twice at 4 bits.
    work: rows * cols * 256 * 8 * (bits === 4 ? 2 : 1),
    tolerance: { nmse: 1e-6, because: 'two codewords all but equally near may change places: none in most cases' },
    benchOnly,
    prepare(gpu, scope, rng) {
      const w = kind === 'normal' ? normals(rng, rows * cols, 0.02) : outlierColumns(rng, rows, cols);
      const W = uploadMatrix(scope, w, rows, cols, 'W');
      const grid = e8p({ name: 'e8p', bits }, cols);
      const factors = FactorCache.of(scope);
      return {
        async run(into) {
          const cx = testContext(gpu, into);
          const { codes, parameters, groupOf } = await nearest()({ W, factors }, grid, cx);
          return dequantize(codes, parameters, uploadOrder(into, groupOf), grid, cx);
        },
        reference: () => roundE8p(w, null, rows, cols, bits).What,
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  declare(1, 8, 2, 'normal'),
  declare(63, 72, 2, 'normal'),
  declare(65, 64, 2, 'outlier'),
  declare(33, 64, 3, 'normal'),
  declare(9, 200, 3, 'outlier'),
  declare(33, 64, 4, 'normal'),
  declare(5, 104, 4, 'outlier'),
  declare(512, 512, 2, 'normal', true),
  declare(512, 512, 3, 'normal', true),
  declare(512, 512, 4, 'normal', true),
];
