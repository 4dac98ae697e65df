/** Causal attention with grouped heads and sliding window, tile by tile with an online softmax: nothing of size length² exists. */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import tiled from '../../../shaders/nn/attention.wgsl?raw';
import rows from '../../../shaders/nn/attention_rows.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';

const declaration = {
  lib: [grid],
  bindings: { q: 'read', k: 'read', v: 'read', o: 'readWrite' },
  params: {
    first: 'u32',
    end: 'u32',
    strands: 'u32',
    length: 'u32',
    heads: 'u32',
    groups: 'u32',
    window: 'u32',
    width: 'u32',
    scale: 'f32',
  },
} as const;

/** 32 queries by 32 keys in workgroup memory: for wide heads. */
export const attentionKernel = defineKernel({ name: 'attention', code: tiled, ...declaration });
/** Four queries an invocation, no barriers: for narrow heads. */
export const attentionRowsKernel = defineKernel({ name: 'attention_rows', code: rows, ...declaration });

export interface AttentionShape {
  /** Query heads and key-value heads; the second divides the first. */
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Tokens of a window: token t sees only its own window, from its position back. */
  readonly length: number;
  /** Keys that a query sees, itself included; Infinity for all. */
  readonly slidingWindow: number;
}

/** The register file of a GPU holds four outputs this wide; software adapters gain 2 to 4 times over tiles with barriers. */
const narrowHead = 32;

/**
 * q [tokens, heads · size], k and v [tokens, keyValueHeads · size], f32; size a multiple of 4, at most 256; tokens a multiple of
 * length. Scores are scaled by size^−½. Returns [tokens, heads · size].
 */
export function attention(gpu: Gpu, scope: Scope, q: Matrix, k: Matrix, v: Matrix, shape: AttentionShape): Matrix {
  const { heads, keyValueHeads: groups, length } = shape;
  const size = q.cols / heads;
  assert(size % 4 === 0 && size <= 256, `heads of ${size}`);
  assert(heads % groups === 0 && k.cols === groups * size && v.cols === k.cols, `${heads} heads in ${groups} groups`);
  assert(q.rows % length === 0 && k.rows === q.rows && v.rows === q.rows, `windows of ${length} in ${q.rows} tokens`);
  const window = Math.min(shape.slidingWindow, length);
  const o = emptyMatrix(scope, q.rows, q.cols, 'attention');
  const strands = (q.rows / length) * heads;
  const narrow = size <= narrowHead;
  const tile = narrow ? 128 : 32;
  const units = strands * Math.ceil(length / tile);
  // Two products of the head's width for each pair, and an exponential that costs about as much as 16 operations.
  const workPerUnit = tile * Math.min(length, window + tile) * (4 * size + 16);
  for (let first = 0; first < units;) {
    const step = Math.min(gpu.slice(workPerUnit, units - first), units - first);
    gpu.run(narrow ? attentionRowsKernel : attentionKernel, {
      bind: { q: read(q.view), k: read(k.view), v: read(v.view), o: readWrite(o.view) },
      params: {
        first,
        end: first + step,
        strands,
        length,
        heads,
        groups,
        window,
        width: size / 4,
        scale: size ** -0.5,
      },
      constants: narrow ? {} : { PARTS: Math.ceil(size / 32) },
      workgroups: step,
      work: workPerUnit * step,
    });
    first += step;
  }
  return o;
}
