/** Long work in dispatches that end soon, with a chance to stop between them. Only for units that do not depend on each other. */
import type { Gpu } from '../gpu/gpu';
import type { Context } from './problem';

/**
 * Calls `encode(first, last)` for ranges that cover [0, units). Ranges are multiples of `quantum` units, so that a unit's place in its
 * workgroup does not depend on the measured rate.
 */
export async function inSlices(
  cx: Context,
  units: number,
  workPerUnit: number,
  quantum: number,
  encode: (first: number, last: number) => void,
): Promise<void> {
  for (let first = 0; first < units;) {
    const last = first + cx.gpu.slice(workPerUnit, units - first, quantum);
    encode(first, Math.min(last, units));
    first = last;
    if (first < units) await cx.gpu.pace(cx.signal);
  }
}

/** The same without a chance to stop, for work that is short on all but the slowest adapters. */
export function eachSlice(
  gpu: Gpu,
  units: number,
  workPerUnit: number,
  quantum: number,
  encode: (first: number, last: number) => void,
): void {
  for (let first = 0; first < units;) {
    const last = Math.min(units, first + gpu.slice(workPerUnit, units - first, quantum));
    encode(first, last);
    first = last;
  }
}
