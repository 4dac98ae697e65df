/**
 * The selective scan of Mamba-2, whose heads decay as a whole (Dao and Gu, 2024), in chunks of 64 tokens: within a chunk like attention
 * without a softmax, from chunk to chunk by states. Decays are running sums, and no factor is ever above 1.
 */
import decayRate from '../../../shaders/lib/decay_rate.wgsl?raw';
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/head_scan.wgsl?raw';
import carryCode from '../../../shaders/nn/head_scan_carry.wgsl?raw';
import endsCode from '../../../shaders/nn/head_scan_ends.wgsl?raw';
import scoresCode from '../../../shaders/nn/head_scan_scores.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { bindingLimit } from '../../gpu/limits';
import { assert } from '../../util/assert';
import { emptyMatrix, matrixBytes, type Matrix } from '../matrix';
import type { Scanned } from './selectiveScan';

const lib = [grid, decayRate];
const slice = { first: 'u32', end: 'u32' } as const;
const params = {
  ...slice,
  strand: 'u32',
  length: 'u32',
  chunks: 'u32',
  heads: 'u32',
  groups: 'u32',
  width: 'u32',
  depth: 'u32',
} as const;

export const headScanScoresKernel = defineKernel({
  ...{ name: 'head_scan_scores', code: scoresCode, lib: [grid] },
  bindings: { b: 'read', c: 'read', scores: 'readWrite' },
  params: { ...slice, length: 'u32', chunks: 'u32', groups: 'u32', depth: 'u32' },
});

export const headScanEndsKernel = defineKernel({
  ...{ name: 'head_scan_ends', code: endsCode, lib, params },
  bindings: { x: 'read', delta: 'read', a_log: 'read', b: 'read', ends: 'readWrite', sums: 'readWrite' },
});

export const headScanCarryKernel = defineKernel({
  ...{ name: 'head_scan_carry', code: carryCode, lib: [grid] },
  bindings: { sums: 'read', starts: 'readWrite' },
  params: { count: 'u32', chunks: 'u32', quads: 'u32' },
});

export const headScanKernel = defineKernel({
  ...{ name: 'head_scan', code, lib, params },
  bindings: {
    ...{ x: 'read', delta: 'read', a_log: 'read', scores: 'read', c: 'read', d: 'read' },
    ...{ starts: 'read', y: 'readWrite' },
  },
});

export interface HeadScanShape {
  readonly heads: number;
  /** Runs of heads that share B and C; divide the heads. */
  readonly groups: number;
  /** Tokens of a window, which starts from zeros. */
  readonly length: number;
}

/** Tokens of a chunk: an invocation for each. */
const chunk = 64;
/** Quads of channels that an invocation holds: more would be unrolled into code that software adapters compile for seconds. */
const mostHeld = 4;

/**
 * x [tokens, heads · P], delta [tokens, heads], aLog and d [1, heads], b and c [tokens, groups · N], all f32; P and N multiples of 4.
 * Returns y [tokens, heads · P].
 */
export function headScan(gpu: Gpu, scope: Scope, scanned: Scanned, { heads, groups, length }: HeadScanShape): Matrix {
  const { x, delta, aLog, b, c, d } = scanned;
  const [width, depth] = [x.cols / heads / 4, b.cols / groups / 4];
  assert(
    Object.values(scanned).every(({ type }: Matrix) => type === 'f32'),
    'a scan is of f32 matrices',
  );
  assert(
    Number.isInteger(width) && Number.isInteger(depth) && c.cols === b.cols,
    `${x.cols} channels, ${b.cols} states`,
  );
  assert(heads % groups === 0 && delta.cols === heads, `${heads} heads in ${groups} groups`);
  assert(aLog.rows * aLog.cols === heads && d.rows * d.cols === heads, `decays of ${heads} heads`);
  assert(
    [delta, b, c].every(({ rows }) => rows === x.rows) && x.rows % length === 0,
    `windows of ${length} in ${x.rows} tokens`,
  );
  using local = gpu.scope('scan');
  const windows = x.rows / length;
  const chunks = Math.ceil(length / chunk);
  const strands = windows * heads;
  const shape = { length, chunks, heads, groups, width, depth };
  const inputs = { x: read(x.view), delta: read(delta.view), a_log: read(aLog.view) };

  const scores = emptyMatrix(local, x.rows, groups * chunk, 'scores');
  inSlices(gpu, windows * groups * chunks * 4, 32 * 32 * depth * 8, (slice, call) =>
    gpu.run(headScanScoresKernel, {
      bind: { b: read(b.view), c: read(c.view), scores: readWrite(scores.view) },
      params: { ...slice, length, chunks, groups, depth },
      ...call,
    }),
  );

  const y = emptyMatrix(scope, x.rows, x.cols, 'scan');
  // States of as many strands at a time as one binding holds; which are together changes no result.
  const states = 16 * width * depth;
  const step = Math.min(strands, Math.floor(Math.min(bindingLimit, gpu.bindable) / matrixBytes(chunks, states)));
  assert(step > 0, `states of ${chunks} chunks of a head are more than a binding`);
  // A first chunk reads no start, so that one chunk needs none.
  const starts = emptyMatrix(local, chunks > 1 ? step * chunks : 1, states, 'starts of chunks');
  const sums = emptyMatrix(local, step, chunks, 'decays of chunks');
  const held = Math.min(mostHeld, width);
  const parts = Math.ceil(width / held);
  for (let strand = 0; strand < strands; strand += step) {
    const some = Math.min(step, strands - strand);
    if (chunks > 1) {
      const blocks = Math.ceil((width * depth) / 64);
      inSlices(gpu, some * (chunks - 1) * blocks, 64 * chunk * 56, (slice, call) =>
        gpu.run(headScanEndsKernel, {
          bind: { ...inputs, b: read(b.view), ends: readWrite(starts.view), sums: readWrite(sums.view) },
          params: { ...slice, strand, ...shape },
          ...call,
        }),
      );
      const quads = states / 4;
      gpu.run(headScanCarryKernel, {
        bind: { sums: read(sums.view), starts: readWrite(starts.view) },
        params: { count: some * quads, chunks, quads },
        workgroups: Math.ceil((some * quads) / 64),
        work: some * chunks * quads * 32,
      });
    }
    inSlices(gpu, some * chunks * parts, chunk * (chunk * (8 * held + 24) + 32 * depth * held), (slice, call) =>
      gpu.run(headScanKernel, {
        bind: {
          ...{ ...inputs, scores: read(scores.view), c: read(c.view), d: read(d.view) },
          ...{ starts: read(starts.view), y: readWrite(y.view) },
        },
        params: { ...slice, strand, ...shape },
        constants: { HELD: held },
        ...call,
      }),
    );
  }
  return y;
}

/** Launches units, each a workgroup, in dispatches that end soon. */
function inSlices(
  gpu: Gpu,
  units: number,
  workPerUnit: number,
  launch: (
    slice: { readonly first: number; readonly end: number },
    call: { readonly workgroups: number; readonly work: number },
  ) => void,
): void {
  for (let first = 0; first < units;) {
    const workgroups = Math.min(gpu.slice(workPerUnit, units - first), units - first);
    launch({ first, end: first + workgroups }, { workgroups, work: workPerUnit * workgroups });
    first += workgroups;
  }
}
