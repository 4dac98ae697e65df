/**
 * The selective scan of state-space models (Gu and Dao, 2023): every channel has states that decay by a step size of its own at every
 * token. Few channels are scanned in chunks at once: a first pass tells what each chunk leaves behind, a second carries that from chunk
 * to chunk, and the last runs each chunk from its true start.
 */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import decayRate from '../../../shaders/lib/decay_rate.wgsl?raw';
import code from '../../../shaders/nn/selective_scan.wgsl?raw';
import carryCode from '../../../shaders/nn/selective_scan_carry.wgsl?raw';
import endsCode from '../../../shaders/nn/selective_scan_ends.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';

const lib = [grid, decayRate];
const params = {
  first: 'u32',
  end: 'u32',
  channels: 'u32',
  length: 'u32',
  chunk: 'u32',
  chunks: 'u32',
  quads: 'u32',
} as const;

export const selectiveScanKernel = defineKernel({
  ...{ name: 'selective_scan', code, lib, params },
  bindings: {
    ...{ x: 'read', delta: 'read', a_log: 'read', b: 'read', c: 'read', d: 'read' },
    ...{ starts: 'read', y: 'readWrite' },
  },
});

export const selectiveScanEndsKernel = defineKernel({
  ...{ name: 'selective_scan_ends', code: endsCode, lib, params },
  bindings: { x: 'read', delta: 'read', a_log: 'read', b: 'read', ends: 'readWrite', sums: 'readWrite' },
});

export const selectiveScanCarryKernel = defineKernel({
  ...{ name: 'selective_scan_carry', code: carryCode, lib },
  bindings: { a_log: 'read', sums: 'read', starts: 'readWrite' },
  params: { count: 'u32', channels: 'u32', chunks: 'u32', quads: 'u32' },
});

/** What a scan reads, all f32. */
export interface Scanned {
  /** [tokens, channels]. */
  readonly x: Matrix;
  /** Step sizes, above 0: [tokens, channels]. */
  readonly delta: Matrix;
  /** Logarithms of the decay rates: channels · states values. */
  readonly aLog: Matrix;
  /** What the input adds to the states and what the output reads of them: [tokens, states]. */
  readonly b: Matrix;
  readonly c: Matrix;
  /** What passes by the states: [1, channels]. */
  readonly d: Matrix;
}

/** Invocations from which a GPU is busy. */
const busy = 8192;
/** Tokens of a chunk: shorter ones spend more on their starts than they gain, longer ones leave dispatches that cannot be cut. */
const shortest = 32;
const longest = 2048;

/**
 * y [tokens, channels]; windows of `length` tokens start from zeros. States are a multiple of 4. How a window is cut into chunks
 * follows from the shapes alone.
 */
export function selectiveScan(gpu: Gpu, scope: Scope, scanned: Scanned, length: number): Matrix {
  const { x, delta, aLog, b, c, d } = scanned;
  const [channels, states] = [x.cols, b.cols];
  assert(
    Object.values(scanned).every(({ type }: Matrix) => type === 'f32'),
    'a scan is of f32 matrices',
  );
  assert(states % 4 === 0, `${states} states`);
  assert(delta.cols === channels && d.rows * d.cols === channels, `${channels} channels`);
  assert(aLog.rows * aLog.cols === channels * states && c.cols === states, `${channels} channels of ${states} states`);
  assert(
    [delta, b, c].every(({ rows }) => rows === x.rows) && x.rows % length === 0,
    `windows of ${length} in ${x.rows} tokens`,
  );
  using local = gpu.scope('scan');
  const windows = x.rows / length;
  const wanted = Math.ceil(busy / (windows * channels));
  const chunk = Math.min(longest, Math.max(shortest, Math.ceil(length / wanted)));
  const chunks = Math.ceil(length / chunk);
  const blocks = Math.ceil(channels / 64);
  const quads = states / 4;
  // More in registers would be unrolled into code that software adapters compile for seconds.
  const constants = { HELD: [4, 3, 2].find((held) => quads % held === 0) ?? 1 };
  // An exponential costs about as much as 16 operations, and 7 are a state's share of the rest.
  const workPerUnit = 64 * chunk * states * 23;
  const inSlices = (strands: number, launch: (first: number, end: number) => void) => {
    for (let first = 0; first < strands * blocks;) {
      const end = first + Math.min(gpu.slice(workPerUnit, strands * blocks - first), strands * blocks - first);
      launch(first, end);
      first = end;
    }
  };
  // A first chunk reads no start, so that one chunk needs none.
  const starts = emptyMatrix(local, chunks > 1 ? windows * chunks * channels : 1, states, 'starts of chunks');
  if (chunks > 1) {
    const sums = emptyMatrix(local, windows * chunks, channels, 'steps of chunks');
    inSlices(windows * (chunks - 1), (first, end) =>
      gpu.run(selectiveScanEndsKernel, {
        bind: {
          ...{ x: read(x.view), delta: read(delta.view), a_log: read(aLog.view), b: read(b.view) },
          ...{ ends: readWrite(starts.view), sums: readWrite(sums.view) },
        },
        params: { first, end, channels, length, chunk, chunks, quads },
        constants,
        workgroups: end - first,
        work: workPerUnit * (end - first),
      }),
    );
    const count = windows * channels * quads;
    gpu.run(selectiveScanCarryKernel, {
      bind: { a_log: read(aLog.view), sums: read(sums.view), starts: readWrite(starts.view) },
      params: { count, channels, chunks, quads },
      workgroups: Math.ceil(count / 64),
      work: count * chunks * 80,
    });
  }
  const y = emptyMatrix(scope, x.rows, channels, 'scan');
  inSlices(windows * chunks, (first, end) =>
    gpu.run(selectiveScanKernel, {
      bind: {
        ...{ x: read(x.view), delta: read(delta.view), a_log: read(aLog.view), b: read(b.view), c: read(c.view) },
        ...{ d: read(d.view), starts: read(starts.view), y: readWrite(y.view) },
      },
      params: { first, end, channels, length, chunk, chunks, quads },
      constants,
      workgroups: end - first,
      work: workPerUnit * (end - first),
    }),
  );
  return y;
}
