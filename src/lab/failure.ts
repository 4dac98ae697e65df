/** What may fail alone: a point of a run, where the others do not depend on it. Pure but for the look at the device. */
import type { Gpu } from '../gpu/gpu';
import { Cancelled, NumericError } from '../util/errors';

/** Throws the error again where it is not of the point that it came up in: a stop, or a device that is lost to all. */
export function requireOwnFailure(error: unknown, gpu: Gpu, signal: AbortSignal): void {
  if (error instanceof Cancelled || signal.aborted) throw error;
  // Whatever a lost device made fail first, it is the loss that is told.
  gpu.check();
}

/**
 * Every number in `value` is finite: what goes into a log must be readable again, and JSON has no infinity.
 * @throws NumericError that names the first one that is not, behind `where`.
 */
export function requireFinite(value: unknown, where: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new NumericError('not-finite', `${where} is ${value}; expected a finite number.`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) requireFinite(item, `${where}${where ? ' ' : ''}${key}`);
}
