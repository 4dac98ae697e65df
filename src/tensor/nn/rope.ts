/** Rotary position embedding in the half-split layout of Hugging Face checkpoints (Su et al., 2021). Frequencies are the model's. */
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
  params: { pairs: 'u32', heads: 'u32', half: 'u32', length: 'u32' },
});

/**
 * Cosines and sines of position · frequency for positions 0 … length − 1, worked out in float64: [length, 2 · half], cosines in the
 * first half of a row.
 */
export function ropeTable(scope: Scope, frequencies: ArrayLike<number>, length: number): Matrix {
  const half = frequencies.length;
  const table = new Float32Array(length * 2 * half);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] as number);
      table[position * 2 * half + i] = Math.cos(angle);
      table[position * 2 * half + half + i] = Math.sin(angle);
    }
  }
  return uploadMatrix(scope, table, length, 2 * half, 'rope table');
}

/** Rotates x [tokens, heads · head size] f32 in place. `table` is [length, head size]; token t has position t mod length. */
export function rope(gpu: Gpu, x: Matrix, table: Matrix): void {
  const heads = x.cols / table.cols;
  assert(x.type === 'f32' && Number.isInteger(heads), `heads of ${table.cols} in ${x.cols} columns`);
  assert(x.rows % table.rows === 0, `windows of ${table.rows} in ${x.rows} tokens`);
  const pairs = (x.rows * x.cols) / 2;
  gpu.run(ropeKernel, {
    bind: { table: read(table.view), x: readWrite(x.view) },
    params: { pairs, heads, half: table.cols / 2, length: table.rows },
    workgroups: Math.ceil(pairs / 64),
    work: 6 * pairs,
  });
}
