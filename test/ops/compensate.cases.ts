/** Compensation; the factor of H is remembered, so that the benchmark measures the walk alone. */
import { FactorCache } from '../../src/quant/factorCache';
import { uniform } from '../../src/quant/grid/uniform';
import { uploadOrder } from '../../src/quant/columns';
import { compensate } from '../../src/quant/rounding/compensate';
import { dequantize } from '../../src/quant/rounding/dequantize';
import { compensatePublished } from '../../src/reference/compensate';
import type { OpCase } from '../opCase';
import { makeProblem, testContext, upload } from '../quant/fixture';

function declare(rows: number, cols: number, bits: number, group: number | null, benchOnly = false): OpCase {
  const options = { damping: 0.01, groups: 'dynamic', staleness: 'fresh' } as const;
  return {
    op: 'compensate',
    label: `${rows}×${cols} ${bits} bits ${group === null ? 'row' : `group ${group}`}`,
    work: rows * cols * cols,
    // Codes are held to the published algorithm in test/quant; here a flipped near-tie may move the rest of its row.
    tolerance: { nmse: 1e-3, because: 'a near-tie that flips moves the rest of its row' },
    benchOnly,
    prepare(gpu, scope, rng) {
      const problem = makeProblem(rng, rows, cols);
      const posed = { ...upload(scope, problem), factors: FactorCache.of(scope) };
      const grid = uniform({ name: 'uniform', bits, group, symmetric: false, clip: 'min-max' });
      const round = compensate({ name: 'compensate', ...options });
      return {
        async run(into) {
          const cx = testContext(gpu, into);
          const { codes, parameters, groupOf } = await round(posed, grid, cx);
          return dequantize(codes, parameters, uploadOrder(into, groupOf), grid, cx);
        },
        reference: () =>
          compensatePublished(problem.W, problem.H, rows, cols, {
            bits,
            group,
            symmetric: false,
            clip: 'min-max',
            ...options,
          }).What,
      };
    },
  };
}

export const cases: readonly OpCase[] = [
  declare(1, 1, 4, null),
  declare(1, 31, 4, null),
  declare(65, 33, 3, null),
  declare(63, 129, 2, null),
  declare(64, 64, 3, 32),
  declare(65, 172, 4, 48),
  declare(3, 300, 3, 256),
  declare(512, 512, 4, 128, true),
  declare(1024, 1024, 3, null, true),
];
