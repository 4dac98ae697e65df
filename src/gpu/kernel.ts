/**
 * What a kernel is: WGSL text and a declaration of its bindings and parameters. Pure data; nothing here touches a device.
 * A test holds every declaration against its WGSL text, so the two cannot drift apart.
 */
import { assert } from '../util/assert';

export type Access = 'read' | 'readWrite';
export type Scalar = 'u32' | 'i32' | 'f32';

export interface KernelSource<B extends string, P extends string> {
  /** File name = entry point = pipeline label = profiler row. */
  readonly name: string;
  /** The kernel's WGSL, first in the module so that line numbers are the file's. */
  readonly code: string;
  /** Library texts from shaders/lib and grid files, appended in order. */
  readonly lib?: readonly string[];
  /** Storage bindings of group 0 in binding order. The uniform `params` follows them. */
  readonly bindings: Readonly<Record<B, Access>>;
  /** Fields of `struct Params` in order, 4 bytes each. */
  readonly params: Readonly<Record<P, Scalar>>;
}

export interface Kernel<B extends string = string, P extends string = string> extends KernelSource<B, P> {
  /** The whole module text. */
  readonly text: string;
}

/** Every kernel declared so far, for the test that holds declarations against WGSL. */
export const declaredKernels: Kernel[] = [];

/** Declares a kernel. Call at module level; pipelines are made on first use and cached per (text, constants). */
export function defineKernel<B extends string, P extends string>(source: KernelSource<B, P>): Kernel<B, P> {
  // Eight storage buffers per stage is what every WebGPU adapter guarantees.
  assert(Object.keys(source.bindings).length <= 8, `${source.name}: more than 8 storage bindings`);
  const kernel = Object.freeze({ ...source, text: [source.code, ...(source.lib ?? [])].join('\n') });
  declaredKernels.push(kernel);
  return kernel;
}

/** The bytes of `struct Params`, padded to 16. */
export function packParams(
  kernel: Kernel,
  values: Readonly<Record<string, number>>,
  into: DataView,
  offset: number,
): void {
  let at = offset;
  for (const [name, type] of Object.entries(kernel.params)) {
    const value = values[name];
    assert(value !== undefined && !Number.isNaN(value), `${kernel.name}: parameter ${name} is missing`);
    if (type === 'f32') into.setFloat32(at, value, true);
    else if (type === 'i32') into.setInt32(at, value, true);
    else into.setUint32(at, value, true);
    at += 4;
  }
}

export function paramsBytes(kernel: Kernel): number {
  return Math.max(16, Math.ceil((Object.keys(kernel.params).length * 4) / 16) * 16);
}
