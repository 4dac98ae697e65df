/** What is asked of the adapter beyond WebGPU's defaults, with the reason on each line; and the sizes the project designs for. */

const wanted: readonly ('maxBufferSize' | 'maxStorageBufferBindingSize')[] = [
  'maxBufferSize', // an activation buffer of a long window exceeds the default 256 MiB on wide models
  'maxStorageBufferBindingSize', // some adapters offer less than 128 MiB by default; more is never bound (see bindingLimit)
];

/** No binding is larger than what every adapter guarantees; larger buffers are bound in ranges. Bytes. */
export const bindingLimit = 128 * 2 ** 20;

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
