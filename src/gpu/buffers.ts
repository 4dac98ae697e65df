/**
 * Buffers and the scopes that own them. A scope frees what it owns when it ends; freed buffers are recycled by exact size.
 * Knows bytes, not matrices. Recycling is safe because everything runs on one queue, in order.
 */
import { GpuError } from '../util/errors';
import { assert } from '../util/assert';

/** A piece of GPU memory. `device` memory is undefined content until written; see Scope.zeros. */
export class Buffer {
  owner: Scope | null = null;
  constructor(
    readonly memory: GPUBuffer,
    readonly bytes: number,
    readonly label: string,
  ) {}
}

/** A range of a buffer. Offsets are multiples of 256 where the range is bound to a kernel. Bytes. */
export interface View {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly bytes: number;
}

export function view(buffer: Buffer, offset = 0, bytes = buffer.bytes - offset): View {
  return { buffer, offset, bytes };
}

/** Memory in use and kept for re-use. Bytes. */
export interface MemoryUse {
  readonly liveBuffers: number;
  readonly liveBytes: number;
  readonly pooledBytes: number;
  readonly peakBytes: number;
}

/** What a scope needs of the device; implemented by the Gpu. */
export interface Allocator {
  take(bytes: number, label: string): Buffer;
  give(buffer: Buffer): void;
  write(buffer: Buffer, content: ArrayBufferView, offset: number): void;
  clear(buffer: Buffer): void;
}

/** Owns buffers. `using scope = gpu.scope('name')` frees them at the end of the block. */
export class Scope implements Disposable {
  readonly #owned = new Set<Buffer>();
  readonly #children = new Set<Scope>();
  #ended = false;

  constructor(
    readonly label: string,
    readonly allocator: Allocator,
  ) {}

  /** Memory of undefined content: for outputs that are written whole. */
  empty(bytes: number, label: string): Buffer {
    assert(!this.#ended, `scope ${this.label} has ended`);
    const buffer = this.allocator.take(Math.max(16, Math.ceil(bytes / 16) * 16), label);
    buffer.owner = this;
    this.#owned.add(buffer);
    return buffer;
  }

  /** A scope that ends with this one, or before it. */
  child(label: string): Scope {
    assert(!this.#ended, `scope ${this.label} has ended`);
    const child = new Scope(label, this.allocator);
    this.#children.add(child);
    return child;
  }

  /** Ends a child before its time. */
  end(child: Scope): void {
    assert(this.#children.delete(child), `${child.label} is not a child of ${this.label}`);
    child[Symbol.dispose]();
  }

  zeros(bytes: number, label: string): Buffer {
    const buffer = this.empty(bytes, label);
    this.allocator.clear(buffer);
    return buffer;
  }

  /** Copies `content` to the GPU. Its length need not be a multiple of 4; the rest of the buffer is undefined. */
  upload(content: ArrayBufferView, label: string): Buffer {
    const buffer = this.empty(content.byteLength, label);
    this.allocator.write(buffer, content, 0);
    return buffer;
  }

  /** Hands a buffer to another scope, which then frees it. */
  move(buffer: Buffer, to: Scope): void {
    assert(buffer.owner === this && this.#owned.delete(buffer), `${buffer.label} is not owned by ${this.label}`);
    buffer.owner = to;
    to.#owned.add(buffer);
  }

  /** Frees one buffer before the scope ends. */
  free(buffer: Buffer): void {
    assert(this.#owned.delete(buffer), `${buffer.label} is not owned by ${this.label}`);
    buffer.owner = null;
    this.allocator.give(buffer);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    for (const child of this.#children) child[Symbol.dispose]();
    this.#children.clear();
    for (const buffer of this.#owned) {
      buffer.owner = null;
      this.allocator.give(buffer);
    }
    this.#owned.clear();
  }
}

/** Kept however much is in use: the small buffers of every step. Bytes. */
const alwaysKept = 2 ** 24;

/**
 * Recycles buffers by exact size, up to `limit` bytes kept; fewer where more than `roomy` bytes are in use and kept together, so that what
 * large steps leave behind does not lie beside what the next ones need. A map of sizes keeps the order in which they were last given back. */
export class Pool {
  readonly #free = new Map<number, Buffer[]>();
  /** Given back but possibly still named by commands not yet submitted. */
  #pending: Buffer[] = [];
  #live = 0;
  #liveBytes = 0;
  #pooledBytes = 0;
  #peakBytes = 0;

  constructor(
    readonly create: (bytes: number, label: string) => GPUBuffer,
    readonly limit: number,
    readonly roomy = Infinity,
  ) {}

  /** Whether buffers that wait for a submit are in the way of a new one of this size. */
  tight(bytes: number): boolean {
    if (this.#pending.length === 0 || this.#free.get(bytes)?.length) return false;
    return this.#liveBytes + this.#pooledBytes + bytes > this.roomy;
  }

  take(bytes: number, label: string): Buffer {
    if (!Number.isSafeInteger(bytes))
      throw new GpuError('bad-size', `${label}: cannot allocate ${bytes} bytes`, { label });
    const recycled = this.#free.get(bytes)?.pop();
    if (recycled) this.#pooledBytes -= bytes;
    else this.#trim(bytes);
    const buffer = new Buffer(recycled?.memory ?? this.create(bytes, label), bytes, label);
    this.#live++;
    this.#liveBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes + this.#pooledBytes);
    return buffer;
  }

  give(buffer: Buffer): void {
    this.#live--;
    this.#liveBytes -= buffer.bytes;
    this.#pooledBytes += buffer.bytes;
    this.#pending.push(buffer);
  }

  /** To be called after a submit: no pending command names the given-back buffers any more. Sizes longest unused are let go first. */
  settle(): void {
    for (const buffer of this.#pending) {
      const list = this.#free.get(buffer.bytes) ?? [];
      list.push(buffer);
      // To the end of the map: given back last.
      this.#free.delete(buffer.bytes);
      this.#free.set(buffer.bytes, list);
    }
    this.#pending = [];
    this.#trim(0);
  }

  /** Lets go what exceeds the limit, when `more` bytes are about to be in use. */
  #trim(more: number): void {
    const keep = Math.min(this.limit, Math.max(alwaysKept, this.roomy - this.#liveBytes - more));
    for (const [bytes, list] of this.#free) {
      if (this.#pooledBytes <= keep) return;
      while (this.#pooledBytes > keep && list.length > 0) {
        list.pop()?.memory.destroy();
        this.#pooledBytes -= bytes;
      }
      if (list.length === 0) this.#free.delete(bytes);
    }
  }

  use(): MemoryUse {
    return {
      liveBuffers: this.#live,
      liveBytes: this.#liveBytes,
      pooledBytes: this.#pooledBytes,
      peakBytes: this.#peakBytes,
    };
  }
}
