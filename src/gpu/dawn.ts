/** WebGPU in Node: Dawn. Used by the command line and the tests; never part of the page. */
import { create, globals } from 'webgpu';

/**
 * Dawn's `GPU`. It, the adapter and the device must stay referenced, or garbage collection can end the process:
 * they are held on `globalThis` until the process exits.
 */
export function openDawn(): GPU {
  const holder = globalThis as { bitcurveDawn?: GPU };
  if (!holder.bitcurveDawn) {
    Object.assign(globalThis, globals);
    holder.bitcurveDawn = create([]);
  }
  return holder.bitcurveDawn;
}

/** Keeps a value alive for the life of the process, for the reason above. */
export function holdForever(value: unknown): void {
  const holder = globalThis as { bitcurveHeld?: unknown[] };
  (holder.bitcurveHeld ??= []).push(value);
}
