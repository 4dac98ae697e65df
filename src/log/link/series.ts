/**
 * One named series of a link: the values of all points, with half the widths of their intervals. Each is written in the way that takes the
 * fewest digits, and says which: by itself, or against a series before it (an ln ratio is the difference to the logarithm of a perplexity,
 * megabytes are a multiple of bits per weight). So no series has to be known to be short. Pure.
 */
import type { Estimate } from '../events';
import { damaged } from './bytes';
import { digitsOf, fromDigits, halfOf, scaled, unscaled } from './columns';
import { Fields, type Json } from './fields';

export interface Series {
  readonly name: string;
  readonly values: readonly (Estimate | null)[];
  /** The natural scale; a log one for what spans decades and is not below zero. */
  readonly scale: 'linear' | 'log';
  /** Decimal digits behind the point: of the value, or of its logarithm. */
  readonly digits: number;
  /** What the half width is of: the logarithm (symmetric there), the value itself, or the value as a share of it. */
  readonly interval: Interval | 'none';
  /** Where ends of intervals are cut. */
  readonly range: readonly [number, number];
}
export type Interval = 'ln' | 'plain' | 'share';
/** What a reader knows of a series beside what is written. */
export type Reading = Pick<Series, 'range'>;

const kinds = ['linear', 'log', 'difference', 'quotient'] as const;
type Kind = (typeof kinds)[number];
const intervals = ['ln', 'plain', 'share'] as const satisfies readonly Interval[];

/** Digits of a quotient behind the point. */
const quotientDigits = 6;
/** Half widths: 2 % apart. */
const halfScaling = ['log', 50] as const;
/** An interval that is not finite, or not known, ends here: ln of a value beyond any chart, small enough to be read back finite. */
const farthest = 600;
/** Half an interval over its value, at most. */
const widest = 1e6;
const maxDigits = 9;

type Integers = readonly (number | null)[];

/** Integer columns that are written or read already, for others to be told against; null for what is none (half widths that are not there). */
export interface Before {
  readonly values: { readonly integers: Integers; readonly scale: number }[];
  readonly halves: (Integers | null)[];
}
export const nothingBefore = (): Before => ({ values: [], halves: [] });

export function writeSeries(series: Series, before: Before): Json {
  const scale = 10 ** series.digits;
  const means = series.values.map((value) => value?.mean ?? null);
  const own = means.map((mean) => scaled([series.scale, scale], mean));
  const options: Option[] = [{ kind: series.scale, base: 0, column: own }];
  for (const [base, { integers, scale: other }] of before.values.entries()) {
    if (series.scale === 'linear' && other === scale)
      options.push({ kind: 'difference', base, column: minus(own, integers) });
    options.push({ kind: 'quotient', base, column: quotients(means, integers, other) });
  }
  const fitting = options.filter((option) => isFaithful(option, series, before.values[option.base], own));
  const { kind, base, column } = fitting.reduce((best, one) =>
    lengthOf(one.column) < lengthOf(best.column) ? one : best,
  );
  const half = writeHalf(series, before);
  before.values.push({ integers: own, scale });
  return [kinds.indexOf(kind), series.digits, base, ...digitsOf(series.name, column), half];
}

/** A way to write a series: by itself, or against the one at `base`. */
interface Option {
  readonly kind: Kind;
  readonly base: number;
  readonly column: Integers;
}

/** Whether a column gives the series' own integers back, but for the last digit, and no value beyond its range: a share of one is not more. */
function isFaithful(
  { kind, column }: Option,
  { digits, range: [least, most] }: Pick<Series, 'digits' | 'range'>,
  base: Before['values'][number] | undefined,
  own: Integers,
): boolean {
  if (kind === 'linear' || kind === 'log') return true;
  const [back, means] = restored(kind, 10 ** digits, column, base);
  return own.every((v, i) => {
    const [got, mean] = [back[i] ?? null, means[i] ?? null];
    if (v === null || got === null || mean === null) return v === got;
    return Math.abs(v - got) <= 1 && mean >= least && mean <= most;
  });
}

function writeHalf({ name, values, interval }: Series, { halves }: Before): Json {
  if (interval === 'none') {
    halves.push(null);
    return 0;
  }
  const own = values.map((value) => scaled(halfScaling, value && widthOf(value, interval)));
  const options = [{ base: -1, column: own as Integers }];
  for (const [base, integers] of halves.entries()) if (integers) options.push({ base, column: minus(own, integers) });
  const fitting = options.filter(({ column }) => column.every((v, i) => (v === null) === (own[i] === null)));
  const { base, column } = fitting.reduce((best, one) => (lengthOf(one.column) < lengthOf(best.column) ? one : best));
  halves.push(own);
  return [intervals.indexOf(interval), base, ...digitsOf(`half of ${name}`, column)];
}

function widthOf({ mean, low, high }: Estimate, interval: Interval): number | null {
  if (interval === 'ln') {
    const ln = Math.log(mean);
    return halfOf(Math.log(low), Math.log(high), ln, Math.max(0, farthest - ln));
  }
  if (interval === 'plain') return halfOf(low, high, mean, farthest);
  const half = halfOf(low, high, mean, widest * Math.abs(mean));
  return half === null || mean === 0 ? half : half / Math.abs(mean);
}

const minus = (a: Integers, b: Integers): Integers =>
  a.map((v, i) => (v === null || (b[i] ?? null) === null ? null : v - (b[i] as number)));

const quotients = (values: readonly (number | null)[], base: Integers, scale: number): Integers =>
  values.map((value, i) => {
    const by = base[i] ?? null;
    return by ? scaled(['linear', 10 ** quotientDigits], value === null ? null : value / (by / scale)) : null;
  });

function lengthOf(column: Integers): number {
  const there = column.filter((v) => v !== null);
  // What is the same everywhere deflates to nothing, whatever it is.
  return there.length ? String(Math.max(...there) - Math.min(...there) + 1).length : 0;
}

/** @throws FormatError of a damaged link. */
export function readSeries(json: Json, count: number, { range }: Reading, before: Before): (Estimate | null)[] {
  const fields = new Fields({ s: json }, 'link.series');
  const at = (i: number, min: number, max: number) => fields.integerAt('s', i, min, max);
  const kind = fields.choice('kind', kinds, at(0, 0, kinds.length - 1));
  const scale = 10 ** at(1, 0, maxDigits);
  const base = at(2, 0, Math.max(0, before.values.length - 1));
  const list = fields.list('s', 6);
  const column = fromDigits([list[3] ?? null, list[4] ?? null], count);
  const [own, means] = restored(kind, scale, column, before.values[base]);
  const half = readHalf(list[5] ?? null, count, before);
  before.values.push({ integers: own, scale });
  return means.map((mean, i) => (mean === null ? null : { mean, ...ends(mean, half, i, range) }));
}

/** The series' own integers, and its values. */
function restored(
  kind: Kind,
  scale: number,
  column: Integers,
  base: Before['values'][number] | undefined,
): readonly [Integers, readonly (number | null)[]] {
  if (kind === 'linear' || kind === 'log') return [column, column.map((v) => unscaled([kind, scale], v))];
  if (!base) throw damaged('a series is told against one that is not there');
  if (kind === 'difference') {
    const own = column.map((v, i) => (v === null ? null : v + (base.integers[i] ?? 0)));
    return [own, own.map((v) => unscaled(['linear', scale], v))];
  }
  const means = column.map((v, i) =>
    v === null ? null : (v / 10 ** quotientDigits) * ((base.integers[i] ?? 0) / base.scale),
  );
  return [means.map((mean) => scaled(['linear', scale], mean)), means];
}

interface Half {
  readonly interval: Interval;
  readonly widths: readonly (number | null)[];
}

function readHalf(json: Json, count: number, { halves }: Before): Half | null {
  if (json === 0) {
    halves.push(null);
    return null;
  }
  const fields = new Fields({ h: json }, 'link.half');
  const interval = fields.choice('interval', intervals, fields.integerAt('h', 0, 0, intervals.length - 1));
  const base = fields.integerAt('h', 1, -1, halves.length - 1);
  const list = fields.list('h', 4);
  const column = fromDigits([list[2] ?? null, list[3] ?? null], count);
  const other = base < 0 ? null : halves[base];
  if (base >= 0 && !other) throw damaged('an interval is told against one that is not there');
  const own = column.map((v, i) => (v === null ? null : v + (other?.[i] ?? 0)));
  halves.push(own);
  return { interval, widths: own.map((v) => unscaled(halfScaling, v)) };
}

function ends(mean: number, half: Half | null, i: number, [least, most]: readonly [number, number]) {
  const width = half?.widths[i] ?? null;
  if (half === null || width === null) return { low: NaN, high: NaN };
  if (half.interval === 'ln') {
    const ln = Math.log(mean);
    return { low: Math.exp(ln - width), high: Math.exp(ln + width) };
  }
  const by = half.interval === 'share' ? width * Math.abs(mean) : width;
  return { low: Math.max(least, mean - by), high: Math.min(most, mean + by) };
}
