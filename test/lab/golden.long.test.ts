/** Runs on stories260K against numbers of PyTorch and transformers, where the shared checkpoint and texts lie beside the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PointResult, Protocol } from '../../src/log/events';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { openFolder, sharedModel } from '../model/folder';
import { closeTo, rtn } from './rtnPoints';
import { collect, finished, tinyInput, tinySettings } from './tiny';
import { meanOf } from '../meanOf';

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
  /** Rounded to nearest on scales of half precision, by our script: the shared rows are of float32 scales, which no file holds. */
  const rounded = JSON.parse(
    readFileSync(join(import.meta.dirname, '../golden/lab/stories.json'), 'utf8'),
  ) as readonly {
    readonly text: string;
    readonly bits: number;
    readonly group: number | null;
    readonly symmetric: boolean;
    readonly perplexity: number;
  }[];
  const wanted = (row: Row): number => {
    if (!row.rtn) return row.perplexity;
    const group = row.group === 'row' ? null : Number(row.group);
    const ours = rounded.find(
      ({ text, bits, group: columns, symmetric }) =>
        text === row.text && bits === row.rtn && columns === group && symmetric === row.symmetric,
    );
    return present(ours, `rtn ${row.rtn} ${row.group} on ${row.text}`).perplexity;
  };
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
        closeTo(meanOf(got), wanted(row), row.rtn ? 1e-3 : 1e-4, `${got.id} perplexity`);
      });
    });
  }
});
