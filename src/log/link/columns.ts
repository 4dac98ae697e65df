/**
 * Columns of scaled integers instead of rows of named numbers: 40 points fit 2 000 characters. Pure.
 *
 *   linear: round(value × scale)
 *   log:    round(ln(value) × scale), the same relative precision at any size: for what spans decades, and for widths of intervals, of which
 *           two digits count
 */
import { damaged } from './bytes';
import { Fields, type Json } from './fields';
import { maxPoints, noLink } from './limits';

export type Scaling = readonly ['linear' | 'log', number];

/** Logs end here: what is smaller is zero. */
const smallest = 1e-12;
/** Least entry of a column, and digits of its range: the integers that survive JSON. */
const maxLeast = 1e12;
const maxDigits = 15;

/** What is not finite has no place in a column: it was not measured. */
export function scaled([kind, scale]: Scaling, value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  return Math.round((kind === 'linear' ? value : Math.log(Math.max(smallest, value))) * scale);
}

export function unscaled([kind, scale]: Scaling, value: number | null): number | null {
  if (value === null) return null;
  if (kind === 'linear') return value / scale;
  return value <= Math.round(Math.log(smallest) * scale) ? 0 : Math.exp(value / scale);
}

export type Digits = readonly [least: number, digits: string];

/**
 * A column of integers as text: `[least, digits]`, every value less `least` plus one in decimal, all of one length, 0 for none. No
 * commas and no signs: deflate then needs little more than the entropy of the digits. `name` is for the message where that cannot be.
 */
export function digitsOf(name: string, values: readonly (number | null)[]): Digits {
  const there = values.filter((v) => v !== null);
  const least = there.length ? Math.min(...there) : 0;
  const range = there.length ? Math.max(...there) - least + 1 : 0;
  const width = String(range).length;
  if (Math.abs(least) > maxLeast || range >= 10 ** maxDigits) throw noLink(`its values of "${name}" are too far apart`);
  return [least, values.map((v) => String(v === null ? 0 : v - least + 1).padStart(width, '0')).join('')];
}

export function fromDigits(column: Json, count: number): (number | null)[] {
  const fields = new Fields({ c: column }, 'link.column');
  const least = fields.integerAt('c', 0, -maxLeast, maxLeast);
  const digits = fields.texts('c', 2, maxDigits * maxPoints, 2, 1)[0] as string;
  const width = count ? digits.length / count : 0;
  if (!Number.isInteger(width) || width > maxDigits || !/^\d*$/.test(digits))
    throw damaged('a column has the wrong length');
  return Array.from({ length: count }, (_, i) => {
    const offset = Number(digits.slice(i * width, (i + 1) * width));
    return offset === 0 ? null : least + offset - 1;
  });
}

/** Half an interval from its ends, the wider side: one end may be cut at the edge of what is possible. At most `most`; null without one. */
export function halfOf(low: number, high: number, mean: number, most: number): number | null {
  if (!Number.isFinite(mean) || Number.isNaN(low) || Number.isNaN(high)) return null;
  const width = Math.max(high - mean, mean - low);
  return width <= most ? width : most;
}

/** A column that says the same everywhere is that one value. */
export const packed = <T>(column: readonly T[]): T | readonly T[] =>
  column.length && column.every((v) => v === column[0]) ? (column[0] as T) : column;
