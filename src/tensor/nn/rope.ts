/** Rotary position embedding (Su et al., 2021), of whole heads or of a part of each. Frequencies are the model's. */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/rope.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { uploadMatrix, type Matrix } from '../matrix';

export const ropeKernel = defineKernel({
  name: 'rope',
  code,
  lib: [grid],
  bindings: { table: 'read', x: 'readWrite' },
  params: {
    pairs: 'u32',
    heads: 'u32',
    half: 'u32',
    length: 'u32',
    size: 'u32',
    begin: 'u32',
    step: 'u32',
    apart: 'u32',
  },
});

/**
 * Cosines and sines of position · frequency for positions 0 … length − 1, times `magnitude`, worked out in float64: [length, 2 · half],
 * cosines in the first half of a row.
 */
export function ropeTable(scope: Scope, frequencies: ArrayLike<number>, length: number, magnitude = 1): Matrix {
  const half = frequencies.length;
  const table = new Float32Array(length * 2 * half);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] as number);
      table[position * 2 * half + i] = magnitude * Math.cos(angle);
      table[position * 2 * half + half + i] = magnitude * Math.sin(angle);
    }
  }
  return uploadMatrix(scope, table, length, 2 * half, 'rope table');
}

/** What of each head is rotated. */
export interface RotatedPart {
  /** Components of a head. */
  readonly size: number;
  /** The first that is rotated. */
  readonly begin: number;
  /** Halves of what is rotated, as in most checkpoints, or neighbours. */
  readonly pairs: 'halves' | 'neighbours';
}

/**
 * Rotates x [tokens, heads · size] f32 in place: as many components of each head as `table` [length, rotated] has columns. Token t has
 * position t mod length.
 */
export function rope(gpu: Gpu, x: Matrix, table: Matrix, part: RotatedPart): void {
  const { size, begin } = part;
  const heads = x.cols / size;
  const half = table.cols / 2;
  assert(x.type === 'f32' && Number.isInteger(heads), `heads of ${size} in ${x.cols} columns`);
  assert(begin + table.cols <= size, `${table.cols} components from ${begin} on in heads of ${size}`);
  assert(x.rows % table.rows === 0, `windows of ${table.rows} in ${x.rows} tokens`);
  const pairs = x.rows * heads * half;
  const places = part.pairs === 'halves' ? { step: 1, apart: half } : { step: 2, apart: 1 };
  gpu.run(ropeKernel, {
    bind: { table: read(table.view), x: readWrite(x.view) },
    params: { pairs, heads, half, length: table.rows, size, begin, ...places },
    workgroups: Math.ceil(pairs / 64),
    work: 6 * pairs,
  });
}
