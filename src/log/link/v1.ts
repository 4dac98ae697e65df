/**
 * Layout 1 of a permalink, which is no longer written: fixed columns, a recipe for all sites. Links made with it open for ever
 * (test/log/fixtures). The intervals of a point are symmetric about its mean (of ln perplexity), so half a width tells both ends.
 */
import type { Estimate, PlannedPoint, PointResult } from '../events';
import { damaged } from './bytes';
import { fromDigits, unscaled, type Scaling } from './columns';
import type { Fields, Json } from './fields';
import { bodyOf, readHead, readPlaces, referenceAmong } from './head';
import { maxPoints } from './limits';
import { readEarlierTemplate } from './recipes';
import type { SharedRun } from './sharedRun';
import { hashDigits, sound } from './sound';

/** How a column is stored. */
const columns = {
  lnPerplexity: ['linear', 1e5],
  lnPerplexityHalf: ['log', 50],
  lnRatioHalf: ['log', 50],
  kld: ['log', 1e4],
  /** Half the interval over the value. */
  kldHalf: ['log', 50],
  kld99: ['log', 1e3],
  top1: ['linear', 1e5],
  top1Half: ['log', 50],
  /** Bits per byte over ln perplexity, which is one number for a text. */
  bitsPerByte: ['linear', 1e6],
  bitsPerWeight: ['linear', 1e5],
  bitsPerWeightAll: ['linear', 1e5],
  /** Megabytes over bits per weight and million weights, 1/8 where both count all weights. */
  megabytes: ['linear', 1e5],
  tokens: ['linear', 1],
  seconds: ['log', 20],
} as const satisfies Record<string, Scaling>;
type Column = keyof typeof columns;
const columnNames = Object.keys(columns) as Column[];

export function readV1(text: string): SharedRun {
  const body = bodyOf(text);
  const head = readHead(body, readEarlierTemplate);
  return { ...head, results: readResults(body, head.settings.points, head.model.parameters) };
}

function readResults(body: Fields, planned: readonly PlannedPoint[], parameters: number): PointResult[] {
  const hashes = body.text('h', hashDigits * maxPoints);
  const count = hashes.length / hashDigits;
  if (!/^[0-9a-f]*$/.test(hashes) || !Number.isInteger(count)) throw damaged('its hashes are not hexadecimal');
  const points = readPlaces(body, planned, count);
  const reference = body.integer('z', -1, count - 1);
  if (reference >= 0 && reference !== referenceAmong(points)) {
    throw damaged('its values are compared with a quantized point');
  }
  const rows = body.list('q', columnNames.length);
  if (rows.length !== columnNames.length) throw damaged('columns are missing');
  const values = new Map(
    columnNames.map((name, i) => [
      name,
      fromDigits(rows[i] as Json, count).map((value) => unscaled(columns[name], value)),
    ]),
  );
  return points.map(({ id, method, bits, group }, i): PointResult => {
    const value = (name: Column) => values.get(name)?.[i] ?? null;
    const certain = (name: Column) => value(name) ?? 0;
    const ln = certain('lnPerplexity');
    const base = values.get('lnPerplexity')?.[reference] ?? null;
    const perplexity = {
      mean: Math.exp(ln),
      low: Math.exp(ln - certain('lnPerplexityHalf')),
      high: Math.exp(ln + certain('lnPerplexityHalf')),
    };
    const found: Record<string, Estimate | null> = {
      perplexity,
      bitsPerByte: alone(certain('bitsPerByte') * ln),
      lnRatio: value('lnRatioHalf') === null ? null : around(base === null ? null : ln - base, value('lnRatioHalf')),
      kld: around(value('kld'), value('kldHalf') === null ? null : certain('kldHalf') * certain('kld'), 0),
      kld99: alone(value('kld99')),
      top1: around(value('top1'), value('top1Half'), 0, 1),
    };
    return sound({
      ...{ id, method, bits, group },
      size: {
        bitsPerWeight: certain('bitsPerWeight'),
        bitsPerWeightAll: certain('bitsPerWeightAll'),
        megabytes: (certain('megabytes') * certain('bitsPerWeightAll') * parameters) / 1e6,
      },
      values: Object.fromEntries(
        Object.entries(found).filter((entry): entry is [string, Estimate] => entry[1] !== null),
      ),
      tokens: certain('tokens'),
      seconds: certain('seconds'),
      hash: hashes.slice(hashDigits * i, hashDigits * (i + 1)),
    });
  });
}

const alone = (mean: number | null): Estimate | null => (mean === null ? null : { mean, low: NaN, high: NaN });

function around(mean: number | null, half: number | null, least = -Infinity, most = Infinity): Estimate | null {
  if (mean === null || half === null) return alone(mean);
  return { mean, low: Math.max(least, mean - half), high: Math.min(most, mean + half) };
}
