/** What is asked of the adapter beyond WebGPU's defaults, with the reason on each line; and the sizes the project designs for. */

const wanted: readonly ('maxBufferSize' | 'maxStorageBufferBindingSize')[] = [
  'maxBufferSize', // H of a layer of 14 336 inputs takes 822 MB, and activations of a long window exceed the default 256 MiB
  'maxStorageBufferBindingSize', // such an H is then bound whole, or in fewer panels (see bindableOf)
];

/** What every adapter binds. Everything that a result may depend on is cut by this, on every adapter. Bytes. */
export const bindingLimit = 128 * 2 ** 20;
/** More is not bound where an adapter offers it: some drivers count bytes in 32 bits with a sign, and H of 16 384 inputs fits. */
const mostBound = 2 ** 30;

/** Bytes of one binding on this device: larger buffers are bound in ranges, whose borders no result depends on. */
export function bindableOf({
  maxStorageBufferBindingSize,
}: Pick<GPUSupportedLimits, 'maxStorageBufferBindingSize'>): number {
  return Math.min(mostBound, maxStorageBufferBindingSize);
}

/** Workgroups per dimension that every adapter guarantees. */
export const groupsPerDimension = 65_535;

/** A dispatch is sized to end within this many seconds, a submit within the other: operating systems kill longer ones (about 2 s). */
export const dispatchSeconds = 0.05;
export const submitSeconds = 0.15;

export function requiredLimits(adapter: GPUAdapter): Record<string, number> {
  return Object.fromEntries(wanted.map((name) => [name, adapter.limits[name]]));
}

/** Only features that some kernel or the profiler uses. */
export function requiredFeatures(adapter: GPUAdapter): GPUFeatureName[] {
  const used: GPUFeatureName[] = ['timestamp-query'];
  return used.filter((name) => adapter.features.has(name));
}
