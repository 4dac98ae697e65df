/** Heads of columns of their own and of columns that all heads have in common: keys of multi-head latent attention (DeepSeek-AI, 2024). */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/join_heads.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';

export const joinHeadsKernel = defineKernel({
  name: 'join_heads',
  code,
  lib: [grid],
  bindings: { own: 'read', rest: 'read', y: 'readWrite' },
  params: { count: 'u32', heads: 'u32', own_size: 'u32', rest_size: 'u32' },
});

/** own [tokens, heads · n] and rest [tokens, m], f32. Returns [tokens, heads · (n + m)]: of each head its own columns, then the rest. */
export function joinHeads(gpu: Gpu, scope: Scope, own: Matrix, rest: Matrix, heads: number): Matrix {
  assert(own.type === 'f32' && rest.type === 'f32' && own.rows === rest.rows, 'heads and what they share, of f32');
  assert(own.cols % heads === 0, `${own.cols} columns of ${heads} heads`);
  const y = emptyMatrix(scope, own.rows, own.cols + heads * rest.cols, 'joined heads');
  const count = y.rows * y.cols;
  gpu.run(joinHeadsKernel, {
    bind: { own: read(own.view), rest: read(rest.view), y: readWrite(y.view) },
    params: { count, heads, own_size: own.cols / heads, rest_size: rest.cols },
    workgroups: Math.ceil(count / 64),
    work: 2 * count,
  });
  return y;
}
