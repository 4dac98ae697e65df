/**
 * Layout 2 of a permalink: the head of layout 1, recipes for every site, and series of values by name, so that whatever was measured
 * travels. Frozen: links made with it must open for ever (test/log/fixtures).
 */
import { findValue, namesIn } from '../../measures/catalog';
import type { Estimate, PlannedPoint, PointResult } from '../events';
import { damaged } from './bytes';
import { Fields, type Json } from './fields';
import { bodyOf, readHead, readPlaces, referenceAmong, textOf, writeHead, writePlaces } from './head';
import { maxPoints, maxValues, isValueName } from './limits';
import { readTemplate } from './recipes';
import { nothingBefore, readSeries, writeSeries, type Series } from './series';
import type { SharedRun } from './sharedRun';
import { hashDigits, sound } from './sound';

const anywhere = [-Infinity, Infinity] as const;

/** What every result has, in this order; the values follow by name. */
const fixed: readonly (Pick<Series, 'name' | 'scale' | 'digits'> & { readonly of: (r: PointResult) => number })[] = [
  { name: 'bitsPerWeight', scale: 'linear', digits: 5, of: ({ size }) => size.bitsPerWeight },
  { name: 'bitsPerWeightAll', scale: 'linear', digits: 5, of: ({ size }) => size.bitsPerWeightAll },
  { name: 'megabytes', scale: 'linear', digits: 5, of: ({ size }) => size.megabytes },
  { name: 'tokens', scale: 'linear', digits: 0, of: ({ tokens }) => tokens },
  { name: 'seconds', scale: 'log', digits: 2, of: ({ seconds }) => seconds },
];

export function writeV2(share: SharedRun): string {
  const { results, settings } = share;
  const before = nothingBefore();
  const names = namesIn(results);
  const places = writePlaces(share);
  return textOf({
    ...writeHead(share),
    k: places,
    z: referenceAmong(results.map(({ id }) => settings.points.find((point) => point.id === id))),
    h: results.map((r) => r.hash.slice(0, hashDigits).padEnd(hashDigits, '0')).join(''),
    q: fixed.map(({ of, ...series }) => {
      const values = results.map((r) => ({ mean: of(r), low: NaN, high: NaN }));
      return writeSeries({ ...series, values, interval: 'none', range: anywhere }, before);
    }),
    v: names.map((name) => [name, writeSeries(seriesOf(name, results), before)]),
    ...(results.some(({ size }) => size.operations !== undefined) && {
      o: writeSeries(operationsOf(results), nothingBefore()),
    }),
  });
}

/** Absent where no point has any, and from links of before. */
function operationsOf(results: readonly PointResult[]): Series {
  const values = results.map(({ size: { operations } }) =>
    operations === undefined ? null : { mean: operations, low: NaN, high: NaN },
  );
  return { name: 'operations', values, scale: 'linear', digits: 0, interval: 'none', range: anywhere };
}

function seriesOf(name: string, results: readonly PointResult[]): Series {
  const meta = findValue(name);
  const values = results.map((r) => r.values[name] ?? null);
  const there = values.filter((value) => value !== null);
  const scale = meta?.scale === 'log' && there.every(({ mean }) => mean >= 0) ? 'log' : 'linear';
  const alone = scale === 'log' && meta?.against === 'nothing' && there.every(({ mean }) => mean > 0);
  const interval = there.every(({ low, high }) => Number.isNaN(low) || Number.isNaN(high))
    ? 'none'
    : alone
      ? 'ln'
      : scale === 'log'
        ? 'share'
        : 'plain';
  return { name, values, scale, digits: scale === 'log' && !alone ? 4 : 5, interval, range: rangeOf(name) };
}

/** Where the ends of a value's intervals are cut. */
function rangeOf(name: string): readonly [number, number] {
  const meta = findValue(name);
  if (meta?.as === 'share') return [0, 1];
  return meta?.scale === 'log' ? [0, Infinity] : anywhere;
}

export function readV2(text: string): SharedRun {
  const body = bodyOf(text);
  const head = readHead(body, readTemplate);
  return { ...head, results: readResults(body, head.settings.points) };
}

function readResults(body: Fields, planned: readonly PlannedPoint[]): PointResult[] {
  const hashes = body.text('h', hashDigits * maxPoints);
  const count = hashes.length / hashDigits;
  if (!/^[0-9a-f]*$/.test(hashes) || !Number.isInteger(count)) throw damaged('its hashes are not hexadecimal');
  const points = readPlaces(body, planned, count);
  if (body.integer('z', -1, count - 1) !== referenceAmong(points)) {
    throw damaged('its values are compared with a quantized point');
  }
  const before = nothingBefore();
  const columns = body.list('q', fixed.length);
  if (columns.length !== fixed.length) throw damaged('columns are missing');
  const read = columns.map((json) => readSeries(json, count, { range: anywhere }, before));
  const series = readNamed(body).map(
    ([name, json]) => [name, readSeries(json, count, { range: rangeOf(name) }, before)] as const,
  );
  const running = body.has('o') ? readSeries(body.get('o'), count, { range: anywhere }, nothingBefore()) : [];
  return points.map(({ id, method, bits, group }, i): PointResult => {
    const operations = running[i]?.mean;
    const [bitsPerWeight = 0, bitsPerWeightAll = 0, megabytes = 0, tokens = 0, seconds = 0] = read.map(
      (values) => values[i]?.mean ?? 0,
    );
    const found = series.flatMap(([name, values]) => (values[i] ? [[name, values[i]] as const] : []));
    const values: Record<string, Estimate> = Object.fromEntries(found);
    const hash = hashes.slice(hashDigits * i, hashDigits * (i + 1));
    return sound({
      id,
      method,
      bits,
      group,
      size: { bitsPerWeight, bitsPerWeightAll, megabytes, ...(operations !== undefined && { operations }) },
      values,
      tokens,
      seconds,
      hash,
    });
  });
}

function readNamed(body: Fields): (readonly [string, Json])[] {
  const named = body.list('v', maxValues).map((item, i) => {
    const [name] = new Fields({ v: item }, `link.v[${i}]`).texts('v', 2, 100, 1);
    if (!isValueName(name as string)) throw damaged('a value has no name');
    return [name as string, (item as readonly Json[])[1] ?? null] as const;
  });
  if (new Set(named.map(([name]) => name)).size !== named.length) throw damaged('a value is there twice');
  return named;
}
