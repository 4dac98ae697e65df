/**
 * A result as a flat row of texts and numbers: what a line of a log, the points of `--json` and tables for other programs hold. Values keep
 * their names; the ends of an interval follow theirs as "kldLow" and "kldHigh". Rows of any version become results, whatever was measured.
 */
import { valueMetas } from '../measures/catalog';
import type { Estimate, PointResult, Values } from './events';

export type Row = Readonly<Record<string, string | number | null>>;

/** Fields that are no values. A result's method is the row's "recipe". */
const fixedFields = [
  'id',
  'recipe',
  'bits',
  'group',
  'bitsPerWeight',
  'bitsPerWeightAll',
  'megabytes',
  'operations',
  'tokens',
  'seconds',
  'hash',
] as const;
export const isFixed = (key: string) => (fixedFields as readonly string[]).includes(key);

export function rowOf({ id, method, bits, group, size, values, tokens, seconds, hash }: PointResult): Row {
  return { id, recipe: method, bits, group, ...size, ...valuesRow(values), tokens, seconds, hash };
}

const everywhere = valueMetas.filter(({ shown }) => shown === 'table' || shown === 'file').map(({ name }) => name);

/** Every value of this version that any text has, and every one there is; null for what was not measured. */
function valuesRow(values: Values): Record<string, number | null> {
  const row: Record<string, number | null> = {};
  for (const name of new Set([...everywhere, ...Object.keys(values)])) {
    const { mean, low, high }: Estimate = values[name] ?? { mean: NaN, low: NaN, high: NaN };
    row[name] = known(mean);
    row[`${name}Low`] = known(low);
    row[`${name}High`] = known(high);
  }
  return row;
}

const known = (value: number) => (Number.isNaN(value) ? null : value);

const text = (row: Row, key: string) => String(row[key]);
const number = (row: Row, key: string) => row[key] as number;

/** A row that was checked (forms.ts). */
export function resultOf(row: Row): PointResult {
  return {
    id: text(row, 'id'),
    method: text(row, 'recipe'),
    bits: number(row, 'bits'),
    group: row['group'] as number | null,
    size: {
      bitsPerWeight: number(row, 'bitsPerWeight'),
      bitsPerWeightAll: number(row, 'bitsPerWeightAll'),
      megabytes: number(row, 'megabytes'),
      ...(Object.hasOwn(row, 'operations') && { operations: number(row, 'operations') }),
    },
    values: valuesOf(row),
    tokens: number(row, 'tokens'),
    seconds: number(row, 'seconds'),
    hash: text(row, 'hash'),
  };
}

const end = /(Low|High)$/;

/** Whether the key is an end of an interval whose value is in the row. */
export const isEnd = (row: Row, key: string) => end.test(key) && Object.hasOwn(row, key.replace(end, ''));

function valuesOf(row: Row): Values {
  const at = (key: string) => (Object.hasOwn(row, key) ? ((row[key] as number | null) ?? NaN) : NaN);
  const names = Object.keys(row).filter((key) => !isFixed(key) && !isEnd(row, key) && row[key] !== null);
  return Object.fromEntries(
    names.map((name) => [name, { mean: at(name), low: at(`${name}Low`), high: at(`${name}High`) }]),
  );
}
