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
    restDawn();
    holder.bitcurveDawn = create([]);
  }
  return holder.bitcurveDawn;
}

/** How often Dawn may look for the end of new work at once (about 0.2 ms, what a short round trip takes), and milliseconds between later looks. */
const patience = { looks: 32, milliseconds: 1 };

/**
 * While anything is under way, Dawn looks for its end in every turn of the event loop, through the global `setImmediate`: a hundred
 * thousand times a second, on a core of its own. Where the processor plays the GPU that core is missed: of two, a third went into
 * looking. So after the first looks its requests, told by a callback that is native code, wait for a timer; everybody else's pass.
 */
function restDawn(): void {
  let looks = 0;
  const { prototype } = GPUQueue;
  const submit = Object.getOwnPropertyDescriptor(prototype, 'submit')?.value as GPUQueue['submit'];
  prototype.submit = function (buffers) {
    looks = 0;
    return submit.call(this, buffers);
  };
  const immediate = globalThis.setImmediate;
  const native = (callback: unknown) => /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(callback));
  const resting = (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    native(callback) && ++looks > patience.looks
      ? setTimeout(callback, patience.milliseconds, ...args)
      : immediate(callback, ...args);
  globalThis.setImmediate = Object.assign(resting, immediate);
}

/** Keeps a value alive for the life of the process, for the reason above. */
export function holdForever(value: unknown): void {
  const holder = globalThis as { bitcurveHeld?: unknown[] };
  (holder.bitcurveHeld ??= []).push(value);
}
