/** Attention with grouped heads and sliding window, tile by tile with an online softmax: nothing of size length² exists. */
import scores from '../../../shaders/lib/attention_scores.wgsl?raw';
import grid from '../../../shaders/lib/grid.wgsl?raw';
import softSign from '../../../shaders/lib/soft_sign.wgsl?raw';
import tiled from '../../../shaders/nn/attention.wgsl?raw';
import rows from '../../../shaders/nn/attention_rows.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';

const declaration = {
  lib: [scores, softSign, grid],
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
    values: 'u32',
    all: 'u32',
    scale: 'f32',
    cap: 'f32',
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
  /** Keys that a query sees, itself included; Infinity for all before it; "all" for those after it too. */
  readonly sees: number | 'all';
  /** What q·k is multiplied by; size^−½ when left out. */
  readonly scale?: number;
  /** Scores are kept within ± cap by cap · tanh(score / cap); null or left out: as they are. */
  readonly cap?: number | null;
}

/** The register file of a GPU holds four outputs this wide; software adapters gain 2 to 4 times over tiles with barriers. */
const narrowHead = 32;

/**
 * q [tokens, heads · size], k [tokens, keyValueHeads · size], v [tokens, keyValueHeads · values], f32; size and values multiples of 4, at most
 * 256; tokens a multiple of length. Returns [tokens, heads · values].
 */
export function attention(gpu: Gpu, scope: Scope, q: Matrix, k: Matrix, v: Matrix, shape: AttentionShape): Matrix {
  const { heads, keyValueHeads: groups, length, sees, cap } = shape;
  const size = q.cols / heads;
  const values = v.cols / groups;
  const widest = Math.max(size, values);
  assert(size % 4 === 0 && values % 4 === 0 && widest <= 256, `heads of ${size} and ${values}`);
  assert(heads % groups === 0 && k.cols === groups * size, `${heads} heads in ${groups} groups`);
  assert(q.rows % length === 0 && k.rows === q.rows && v.rows === q.rows, `windows of ${length} in ${q.rows} tokens`);
  const window = sees === 'all' ? length : Math.min(sees, length);
  const o = emptyMatrix(scope, q.rows, heads * values, 'attention');
  const strands = (q.rows / length) * heads;
  const narrow = widest <= narrowHead;
  const tile = narrow ? 128 : 32;
  const units = strands * Math.ceil(length / tile);
  // Products of both widths for each pair, and an exponential that costs about as much as 16 operations.
  const workPerUnit = tile * Math.min(length, window + tile) * (2 * size + 2 * values + 16);
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
        values: values / 4,
        all: sees === 'all' ? 1 : 0,
        scale: shape.scale ?? size ** -0.5,
        cap: cap ?? 0,
      },
      constants: narrow ? {} : { PARTS: Math.ceil(values / 32) },
      workgroups: step,
      work: workPerUnit * step,
    });
    first += step;
  }
  return o;
}
