/** Time per kernel. Off: only counts. On: GPU timestamps around every dispatch, where the adapter has them. */

export interface ProfileRow {
  readonly kernel: string;
  readonly dispatches: number;
  /** Estimated floating-point operations. */
  readonly work: number;
  /** Seconds on the device; null when timestamps are off or missing. */
  readonly seconds: number | null;
}

/** Dispatches timed per submit; one submit never holds more (gpu.ts: slots). */
const capacity = 256;

export class Profile {
  enabled = false;
  readonly #totals = new Map<string, { dispatches: number; work: number; seconds: number }>();
  #batch: string[] = [];
  #set: GPUQuerySet | null = null;
  #reads: Promise<void>[] = [];

  constructor(readonly device: GPUDevice) {}

  /** Counts a dispatch; returns where to write its timestamps, when timing. */
  start(kernel: string, work: number): GPUComputePassTimestampWrites | null {
    const row = this.#totals.get(kernel) ?? { dispatches: 0, work: 0, seconds: 0 };
    this.#totals.set(kernel, row);
    row.dispatches++;
    row.work += work;
    if (!this.enabled || !this.device.features.has('timestamp-query')) return null;
    this.#set ??= this.device.createQuerySet({ type: 'timestamp', count: 2 * capacity });
    const at = this.#batch.push(kernel) - 1;
    return { querySet: this.#set, beginningOfPassWriteIndex: 2 * at, endOfPassWriteIndex: 2 * at + 1 };
  }

  /** Adds the copy-out of this batch's timestamps to the batch itself. */
  resolve(encoder: GPUCommandEncoder): void {
    const batch = this.#batch;
    const set = this.#set;
    if (!batch.length || !set) return;
    this.#batch = [];
    this.#set = null;
    const size = batch.length * 16;
    const resolved = this.device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const target = this.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    encoder.resolveQuerySet(set, 0, batch.length * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, target, 0, size);
    // The map request must follow the submit, which happens right after this call returns.
    this.#reads.push(Promise.resolve().then(() => this.#collect(batch, set, resolved, target)));
  }

  async #collect(batch: string[], set: GPUQuerySet, resolved: GPUBuffer, target: GPUBuffer): Promise<void> {
    await target.mapAsync(GPUMapMode.READ);
    const ticks = new BigUint64Array(target.getMappedRange());
    batch.forEach((kernel, i) => {
      const row = this.#totals.get(kernel);
      if (row) row.seconds += Number((ticks[2 * i + 1] as bigint) - (ticks[2 * i] as bigint)) * 1e-9;
    });
    for (const resource of [set, resolved, target]) resource.destroy();
  }

  async rows(): Promise<readonly ProfileRow[]> {
    await Promise.all(this.#reads);
    this.#reads = [];
    return [...this.#totals].map(([kernel, row]) => ({ kernel, ...row, seconds: this.enabled ? row.seconds : null }));
  }
}
