/** What a result in a link can be, whatever its layout. Pure. */
import { findValue } from '../../measures/catalog';
import type { PointResult } from '../events';
import { damaged } from './bytes';

/** Digits kept of a hash: enough to tell two results apart. */
export const hashDigits = 6;

/** @throws FormatError where a value cannot be. */
export function sound(result: PointResult): PointResult {
  const { size, values, tokens, seconds } = result;
  for (const [name, { mean }] of Object.entries(values)) {
    const meta = findValue(name);
    const most = meta?.as === 'share' ? 1 : Infinity;
    const least =
      meta?.as === 'share' ? 0 : meta?.scale === 'log' && meta.against === 'nothing' ? Number.MIN_VALUE : -Infinity;
    if (!Number.isFinite(mean)) throw damaged('a number is not finite');
    if (mean < least || mean > most) throw damaged('a value is out of its range');
  }
  const sizes = [...(Object.values(size) as number[]), tokens, seconds];
  if (sizes.some((v) => !Number.isFinite(v))) throw damaged('a number is not finite');
  if (sizes.some((v) => v < 0)) throw damaged('a size or a count is negative');
  return result;
}
