/** Runs against numbers of PyTorch and transformers that were made for this project (test/golden/lab.py). The shared ones: golden.long.test.ts. */
import { describe, expect, it } from 'vitest';
import type { PointResult } from '../../src/log/events';
import { tQuantile } from '../../src/log/statistics';
import { testGpu } from '../gpu';
import { closeTo, rtn } from './rtnPoints';
import { collect, finished, labGoldens, textOfIds, tinyCheckpoint, tinyInput, tinySettings } from './tiny';
import { meanOf } from '../meanOf';

describe('tiny models', () => {
  for (const model of new Set(labGoldens.rows.map((row) => row.model))) {
    for (const protocol of ['gptq', 'llama.cpp'] as const) {
      it(`${model}, ${protocol}`, async () => {
        const rows = labGoldens.rows.filter((row) => row.model === model && row.protocol === protocol);
        const points = rows.flatMap(({ bits, group, symmetric }) => (bits ? [rtn(bits, group, symmetric)] : []));
        const input = await tinyInput(
          await testGpu(),
          tinySettings(points, { protocol, context: labGoldens.context }),
          { checkpoint: await tinyCheckpoint(model), evaluation: textOfIds(labGoldens.ids), calibration: null },
        );
        const results = finished(await collect(input));
        const base = rows[0]?.loss ?? NaN;
        rows.forEach((row, i) => {
          const got = results[i] as PointResult;
          const what = `${got.id}`;
          expect(got.tokens).toBe(row.tokens);
          // Full precision differs by float32 sums alone. A quantized weight at the middle between two levels may go either way.
          closeTo(Math.log(meanOf(got)), row.loss, row.bits ? 1e-4 : 1e-6, `${what} loss`);
          const half = (tQuantile(row.windows - 1) * row.windowDeviation) / Math.sqrt(row.windows);
          closeTo(Math.log((got.values['perplexity']?.high ?? NaN) / meanOf(got)), half, 1e-3, `${what} interval`);
          if (!row.bits) return;
          expect(Math.abs(meanOf(got, 'lnRatio') - (row.loss - base)), `${what} ln ratio`).toBeLessThan(1e-3);
          closeTo(meanOf(got, 'kld'), row.kld, 2e-3, `${what} kld`);
          closeTo(meanOf(got, 'kld99'), row.kld99, 5e-3, `${what} kld99`);
          // One token in hundreds may be a tie.
          expect(Math.abs(meanOf(got, 'top1') - row.top1)).toBeLessThan(1.5 / row.tokens);
        });
      });
    }
  }
});
