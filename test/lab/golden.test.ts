/** Runs against numbers of PyTorch and transformers: made for this project (test/golden/lab.py), and the shared ones where they lie. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlannedPoint, PointResult, Protocol } from '../../src/lab/events';
import { withGrid } from '../../src/quant/parseRecipe';
import { findMethod } from '../../src/quant/recipes';
import { tQuantile } from '../../src/lab/statistics';
import { testGpu } from '../gpu';
import { openFolder, sharedModel } from '../model/folder';
import { collect, finished, labGoldens, textOfIds, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

function rtn(bits: number, group: number | null, symmetric: boolean): PlannedPoint {
  const recipe = findMethod('rtn')?.recipe(bits, group);
  if (!recipe) throw new Error('rtn is a method');
  const id = `rtn ${bits} ${group ?? 'row'} ${symmetric}`;
  return { id, method: 'rtn', recipe: symmetric ? withGrid(recipe, { symmetric }) : recipe, bits, group };
}

const closeTo = (got: number | null, want: number, relative: number, what: string) =>
  expect(Math.abs((got ?? NaN) / want - 1), `${what}: got ${got}, want ${want}`).toBeLessThan(relative);

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
          closeTo(Math.log(got.perplexity), row.loss, row.bits ? 1e-4 : 1e-6, `${what} loss`);
          const half = (tQuantile(row.windows - 1) * row.windowDeviation) / Math.sqrt(row.windows);
          closeTo(Math.log(got.perplexityHigh / got.perplexity), half, 1e-3, `${what} interval`);
          if (!row.bits) return;
          expect(Math.abs((got.lnRatio ?? NaN) - (row.loss - base)), `${what} ln ratio`).toBeLessThan(1e-3);
          closeTo(got.kld, row.kld, 2e-3, `${what} kld`);
          closeTo(got.kld99, row.kld99, 5e-3, `${what} kld99`);
          // One token in hundreds may be a tie.
          expect(Math.abs((got.top1 ?? NaN) - row.top1)).toBeLessThan(1.5 / row.tokens);
        });
      });
    }
  }
});

/** The shared checkpoint of 260 000 parameters, trained to saturation, on real text. Beside the project on its authors' machines. */
describe('stories260K', () => {
  const folder = sharedModel('stories260K-f32');
  const shared = resolve(import.meta.dirname, '../../../shared/data');
  interface Row {
    readonly protocol: Protocol;
    readonly context: number;
    readonly scored: number;
    readonly perplexity: number;
    readonly rtn: number | null;
    readonly group: string;
    readonly symmetric: boolean;
    readonly text: string;
  }
  const goldens = folder
    ? (JSON.parse(readFileSync(join(shared, 'models/golden.json'), 'utf8')) as { readonly rows: readonly Row[] }).rows
    : [];
  const requests = new Map<string, Row[]>();
  for (const row of goldens) {
    const key = `${row.text}, ${row.protocol}`;
    requests.set(key, [...(requests.get(key) ?? []), row]);
  }

  it('is tested on every row where it lies beside the project', () => {
    expect(goldens.length).toBe(existsSync(join(shared, 'models/golden.json')) ? 16 : 0);
  });

  for (const [name, rows] of requests) {
    it(name, async () => {
      const [first] = rows as [Row, ...Row[]];
      const points = rows.flatMap(({ rtn: bits, group, symmetric }) =>
        bits ? [rtn(bits, group === 'row' ? null : Number(group), symmetric)] : [],
      );
      const text = readFileSync(join(shared, 'text', first.text), 'utf8');
      const input = await tinyInput(
        await testGpu(),
        tinySettings(points, { protocol: first.protocol, context: first.context, maxTokens: 10_240 }),
        { checkpoint: await openFolder(folder ?? ''), evaluation: { label: first.text, text }, calibration: null },
      );
      const results = finished(await collect(input));
      rows.forEach((row, i) => {
        const got = results[i] as PointResult;
        expect(got.tokens).toBe(row.scored);
        closeTo(got.perplexity, row.perplexity, row.rtn ? 5e-3 : 1e-4, `${got.id} perplexity`);
      });
    });
  }
});
