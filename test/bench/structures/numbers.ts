/** Numbers of the report, with as many digits as it keeps. Pure. */
import type { PointResult } from '../../../src/log/events';
import type { Interval } from '../../../src/store/paperReport';

/** Null for what is not known. */
export function rounded(value: number, decimals?: number): number;
export function rounded(value: number | null, decimals?: number): number | null;
export function rounded(value: number | null, decimals = 4): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toFixed(decimals));
}

export function valueOf(result: PointResult, name: string): Interval | null {
  const found = result.values[name];
  return found && Number.isFinite(found.mean) ? [rounded(found.mean), rounded(found.low), rounded(found.high)] : null;
}
