/** One sweep of coordinate descent from the weights. */
import { uploadOrder } from '../../src/quant/columns';
import { FactorCache } from '../../src/quant/factorCache';
import { uniform } from '../../src/quant/grid/uniform';
import { dequantize } from '../../src/quant/rounding/dequantize';
import { descend } from '../../src/quant/rounding/descend';
import { descend as reference } from '../../src/reference/descend';
import { nearest } from '../../src/reference/nearest';
import { makeProblem, testContext, upload } from '../quant/fixture';
import type { OpCase } from '../opCase';

function declare(rows: number, cols: number, bits: number, group: number | null, benchOnly = false): OpCase {
  return {
    op: 'descend',
    label: `${rows}×${cols} ${bits} bits ${group === null ? 'row' : `group ${group}`}`,
    work: 4 * rows * cols * cols,
    tolerance: { nmse: 1e-3, because: 'a near-tie that flips moves the rest of its row' },
    benchOnly,
    prepare(gpu, scope, rng) {
      const problem = makeProblem(rng, rows, cols);
      const { W, H } = problem;
      const posed = { ...upload(scope, problem), factors: FactorCache.of(scope) };
      const grid = uniform({ name: 'uniform', bits, group, symmetric: false, clip: 'min-max' });
      const round = descend({ name: 'descend', sweeps: 1, start: 'weights', damping: 0 });
      return {
        async run(into) {
          const cx = testContext(gpu, into);
          const { codes, parameters, groupOf } = await round(posed, grid, cx);
          return dequantize(codes, parameters, uploadOrder(into, groupOf), grid, cx);
        },
        reference: () => {
          const { parameters } = nearest(W, rows, cols, group, { bits, symmetric: false, clip: 'min-max' });
          return reference(W, H, rows, cols, parameters, group ?? cols, bits, W, true, 1)[0] ?? [];
        },
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  declare(1, 1, 4, null),
  declare(65, 33, 3, null),
  declare(63, 129, 2, null),
  declare(5, 260, 4, 64),
  declare(512, 512, 4, 128, true),
];
