/**
 * The GPU layer: create, scope, upload/zeros, define kernel, run, read. The only room that says GPUDevice; knows bytes, not
 * matrices. Commands are collected and submitted in slices that end soon, so that no operating system kills them and a stop is
 * quick. Errors that the device reports late are stored and thrown by the next verb.
 */
import { assert, present } from '../util/assert';
import { Cancelled, GpuError } from '../util/errors';
import { Pool, Scope, type Allocator, type Buffer, type MemoryUse, type View } from './buffers';
import { packParams, paramsBytes, type Access, type Kernel } from './kernel';
import {
  bindableOf,
  dispatchSeconds,
  groupsPerDimension,
  requiredFeatures,
  requiredLimits,
  submitSeconds,
} from './limits';
import { Pipelines, type Constants } from './pipelines';
import { Profile, type ProfileRow } from './profile';
import { assumedRate, learnRate } from './rate';

/** A view with the access said at the call site. */
export interface Binding {
  readonly view: View;
  readonly access: Access;
}
export const read = (view: View): Binding => ({ view, access: 'read' });
export const readWrite = (view: View): Binding => ({ view, access: 'readWrite' });

export interface Call<B extends string, P extends string> {
  readonly bind: Readonly<Record<B, Binding>>;
  readonly params: Readonly<Record<P, number>>;
  readonly constants?: Constants;
  /** Workgroups: a triple, or a count that is folded over x and y (the kernel uses lib/grid.wgsl `linear_group`). */
  readonly workgroups: number | readonly [number, number, number];
  /** Estimated floating-point operations (or memory words, if more): sizes the submits. */
  readonly work: number;
}

/** What the page and the log say about the adapter. */
export interface AdapterCard {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Freed buffers that are kept for re-use, and what may be in use and kept together before they are let go sooner. Bytes. */
const pooled = 2 ** 28;
const roomy = 3 * 2 ** 28;
/** Slots of 256 bytes for the parameters of one submit. */
const slots = 256;
/**
 * Milliseconds in which the news of a lost device arrives after a read has failed for it: measured a few, and many on a busy
 * machine.
 */
const lossArrives = 2000;

export class Gpu implements Allocator {
  readonly profile: Profile;
  /** Estimated operations per second, measured while running. */
  rate = assumedRate;
  /** Bytes of the largest binding so far; never above `bindable`. */
  largestBinding = 0;
  readonly #pool: Pool;
  readonly #pipelines: Pipelines;
  readonly #ring: GPUBuffer;
  readonly #staging = new DataView(new ArrayBuffer(slots * 256));
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #slot = 0;
  #work = 0;
  #inFlight: Promise<void>[] = [];
  #lastDone = 0;
  #error: GpuError | null = null;
  #destroyed = false;

  private constructor(
    readonly device: GPUDevice,
    readonly card: AdapterCard,
    /** Bytes that one binding may have. Results never depend on it. */
    readonly bindable: number,
  ) {
    this.#pipelines = new Pipelines(device, (error) => this.#fail(error));
    this.#pool = new Pool((bytes, label) => this.#createBuffer(bytes, label), pooled, roomy);
    this.#ring = device.createBuffer({
      label: 'params',
      size: slots * 256,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.profile = new Profile(device);
    device.addEventListener('uncapturederror', (event) => this.#fail(new GpuError('validation', event.error.message)));
    void device.lost.then((info) => {
      if (!this.#destroyed) {
        this.#fail(
          new GpuError(
            'device-lost',
            `the GPU was lost (${info.reason}): ${info.message || 'no reason given'}. Finished layers are kept; run again to resume.`,
            {
              reason: info.reason,
            },
          ),
          true,
        );
      }
    });
  }

  /**
   * Opens a device. `source` is `navigator.gpu`, or Dawn's in Node (gpu/dawn.ts). `bindable`: bytes of a binding at most, where tests
   * want less than the adapter allows.
   */
  static async create(source: GPU | undefined, { bindable = Infinity } = {}): Promise<Gpu> {
    const adapter = await source?.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) {
      throw new GpuError(
        'no-adapter',
        'no WebGPU adapter: this browser or machine offers none. Use a current Chrome, Edge, Safari or Firefox on a machine with a GPU, and look at chrome://gpu.',
      );
    }
    const device = await adapter.requestDevice({
      requiredFeatures: requiredFeatures(adapter),
      requiredLimits: requiredLimits(adapter),
    });
    const { info } = adapter;
    const limits: Record<string, number> = {};
    for (const name of [
      'maxBufferSize',
      'maxStorageBufferBindingSize',
      'maxComputeInvocationsPerWorkgroup',
      'maxComputeWorkgroupStorageSize',
    ] as const) {
      limits[name] = device.limits[name];
    }
    const card: AdapterCard = {
      name: info.description || info.device || info.vendor || 'unnamed adapter',
      vendor: info.vendor,
      architecture: info.architecture,
      features: [...adapter.features].sort(),
      limits,
    };
    return new Gpu(device, card, Math.min(bindable, bindableOf(device.limits)));
  }

  scope(label: string): Scope {
    this.check();
    return new Scope(label, this);
  }

  /** Encodes one dispatch; it is submitted when enough has gathered, by `read`, or by `pace`. */
  run<B extends string, P extends string>(kernel: Kernel<B, P>, call: Call<B, P>): void {
    this.check();
    const groups = typeof call.workgroups === 'number' ? foldGroups(call.workgroups) : call.workgroups;
    if (groups.some((n) => n === 0)) return;
    assert(
      groups.every((n) => n <= groupsPerDimension),
      `${kernel.name}: ${groups.join('×')} workgroups`,
    );
    const pipeline = this.#pipelines.get(kernel, call.constants ?? {});
    const entries = Object.entries<Access>(kernel.bindings).map(([name, access], binding): GPUBindGroupEntry => {
      const bound = present<Binding>(call.bind[name as B], `${kernel.name}: binding ${name}`);
      assert(bound.access === access, `${kernel.name}: ${name} is declared ${access} and bound ${bound.access}`);
      const { buffer, offset, bytes } = bound.view;
      assert(bytes <= this.bindable, `${kernel.name}: ${name} binds ${bytes} bytes, more than ${this.bindable}`);
      assert(buffer.owner, `${kernel.name}: ${name} (${buffer.label}) was freed`);
      this.largestBinding = Math.max(this.largestBinding, bytes);
      return { binding, resource: { buffer: buffer.memory, offset, size: Math.ceil(bytes / 4) * 4 } };
    });
    entries.push({ binding: entries.length, resource: { buffer: this.#ring, offset: 0, size: paramsBytes(kernel) } });
    const group = this.device.createBindGroup({ label: kernel.name, layout: pipeline.layout, entries });
    packParams(kernel, call.params, this.#staging, this.#slot * 256);
    this.#encoder ??= this.device.createCommandEncoder();
    const timing = this.profile.start(kernel.name, call.work);
    if (timing) this.#endPass();
    this.#pass ??= this.#encoder.beginComputePass(timing ? { timestampWrites: timing } : undefined);
    this.#pass.setPipeline(pipeline.compute);
    this.#pass.setBindGroup(0, group, [this.#slot * 256]);
    this.#pass.dispatchWorkgroups(...groups);
    if (timing) this.#endPass();
    this.#slot++;
    this.#work += call.work;
    if (this.#slot === slots || this.#work > this.rate * submitSeconds) this.flush();
  }

  /** Units (rows, tiles) per dispatch so that one ends soon. Only for units whose results do not depend on the split. */
  slice(workPerUnit: number, units: number, quantum = 1): number {
    const fit = Math.floor((this.rate * dispatchSeconds) / Math.max(1, workPerUnit) / quantum) * quantum;
    return Math.max(quantum, Math.min(units, fit));
  }

  /** Copies device memory to device memory. Bytes, multiples of 4. */
  copy(from: View, to: View): void {
    this.check();
    assert(from.bytes <= to.bytes, `copy of ${from.bytes} bytes into ${to.bytes}`);
    this.#endPass();
    this.#encoder ??= this.device.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(from.buffer.memory, from.offset, to.buffer.memory, to.offset, from.bytes);
  }

  /** Submits what has gathered. */
  flush(): void {
    if (!this.#encoder) return this.#pool.settle();
    this.#endPass();
    if (this.#slot > 0) this.device.queue.writeBuffer(this.#ring, 0, this.#staging.buffer, 0, this.#slot * 256);
    this.profile.resolve(this.#encoder);
    this.device.queue.submit([this.#encoder.finish()]);
    this.#measure(this.#work);
    this.#encoder = null;
    this.#slot = 0;
    this.#work = 0;
    this.#pool.settle();
  }

  /** Waits until few submits are under way. Call between steps of long work: this is where a stop takes effect. */
  async pace(signal?: AbortSignal): Promise<void> {
    this.check();
    while (this.#inFlight.length > 2) await this.#inFlight[0];
    await this.#pipelines.checked();
    this.check();
    if (signal?.aborted) throw new Cancelled();
  }

  /** Submits everything and waits until the device has done it. */
  async idle(): Promise<void> {
    this.flush();
    while (this.#inFlight.length) await this.#inFlight[0];
    await this.#pipelines.checked();
    this.check();
  }

  /** The bytes of a view. Waits for everything before it. */
  async read(from: View): Promise<ArrayBuffer> {
    this.check();
    this.#endPass();
    const size = Math.ceil(from.bytes / 4) * 4;
    const target = this.device.createBuffer({
      label: 'read',
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      this.#encoder ??= this.device.createCommandEncoder();
      this.#encoder.copyBufferToBuffer(from.buffer.memory, from.offset, target, 0, size);
      this.flush();
      try {
        await target.mapAsync(GPUMapMode.READ);
      } catch (error) {
        await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, lossArrives))]);
        this.check();
        const reason = error instanceof Error ? error.message : String(error);
        throw new GpuError('read', `reading ${from.buffer.label} failed: ${reason}`, { buffer: from.buffer.label });
      }
      await this.#pipelines.checked();
      this.check();
      return target.getMappedRange().slice(0, from.bytes);
    } finally {
      target.destroy();
    }
  }

  /** Throws the first error that the device reported since it was opened. A lost device keeps throwing. */
  check(): void {
    if (this.#error) {
      const error = this.#error;
      // A shader that does not compile makes later calls invalid too: wait for the message that says why.
      if (error.code === 'validation' && this.#pipelines.unchecked) return;
      if (error.code !== 'device-lost') this.#error = null;
      throw error;
    }
  }

  memory(): MemoryUse {
    return this.#pool.use();
  }

  rows(): Promise<readonly ProfileRow[]> {
    this.flush();
    return this.profile.rows();
  }

  destroy(): void {
    this.#destroyed = true;
    this.device.destroy();
  }

  take(bytes: number, label: string): Buffer {
    this.check();
    if (this.#pool.tight(bytes)) this.flush();
    return this.#pool.take(bytes, label);
  }

  give(buffer: Buffer): void {
    this.#pool.give(buffer);
  }

  /** Writes to a buffer after everything encoded so far. `content` may have any byte length. */
  write(buffer: Buffer, content: ArrayBufferView, offset: number): void {
    this.check();
    if (this.#encoder) this.flush();
    const { byteLength, byteOffset } = content;
    const bytes = new Uint8Array(content.buffer as ArrayBuffer, byteOffset, byteLength);
    const whole = byteLength - (byteLength % 4);
    if (whole) this.device.queue.writeBuffer(buffer.memory, offset, bytes, 0, whole);
    if (whole < byteLength) {
      const rest = new Uint8Array(4);
      rest.set(bytes.subarray(whole));
      this.device.queue.writeBuffer(buffer.memory, offset + whole, rest);
    }
  }

  clear(buffer: Buffer): void {
    this.#endPass();
    this.#encoder ??= this.device.createCommandEncoder();
    this.#encoder.clearBuffer(buffer.memory);
  }

  #createBuffer(size: number, label: string): GPUBuffer {
    const limit = this.device.limits.maxBufferSize;
    if (size > limit) {
      throw new GpuError(
        'buffer-too-large',
        `${label}: ${size} bytes, and this adapter allows ${limit} in one buffer`,
        { label, size, limit },
      );
    }
    this.device.pushErrorScope('out-of-memory');
    const buffer = this.device.createBuffer({
      label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    void this.device.popErrorScope().then((error) => {
      if (error) {
        this.#fail(
          new GpuError(
            'out-of-memory',
            `${label}: the GPU has no room for ${size} bytes. Close other tabs or choose a shorter context.`,
            { label, size },
          ),
        );
      }
    });
    return buffer;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  #fail(error: GpuError, lasting = false): void {
    if (lasting || this.#error?.code === 'validation') this.#error = error;
    else this.#error ??= error;
  }

  /** Learns the rate from each submit: its work over the time it had the device for itself. */
  #measure(work: number): void {
    const submitted = performance.now();
    const done: Promise<void> = this.device.queue
      .onSubmittedWorkDone()
      .catch(() => undefined)
      .then(() => {
        const now = performance.now();
        const seconds = (now - Math.max(submitted, this.#lastDone)) / 1000;
        this.#lastDone = now;
        this.#inFlight = this.#inFlight.filter((p) => p !== done);
        this.rate = learnRate(this.rate, work, seconds);
      });
    this.#inFlight.push(done);
  }
}

/** A count of workgroups as x and y, each within the limit. The one place that splits. */
export function foldGroups(count: number): readonly [number, number, number] {
  assert(Number.isInteger(count) && count >= 0, `${count} workgroups`);
  if (count <= groupsPerDimension) return [count, 1, 1];
  const y = Math.ceil(count / 32_768);
  return [32_768, y, 1];
}
