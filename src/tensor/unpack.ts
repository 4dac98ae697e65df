/** 16-bit elements as f32, exactly, on the GPU: for work that reads each of them many times. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/unpack.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';

const kernel = defineKernel({
  name: 'unpack',
  code,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { words: 'u32', brain: 'u32' },
});
/** Lanes of a workgroup: the kernel's WG. */
const lanes = 64;

/** The matrix [rows, cols] f16 or bf16 as f32, in the scope's memory. It must fill whole words, and twice its bytes one binding. */
export function unpack(gpu: Gpu, scope: Scope, x: Matrix): Matrix {
  assert(x.type !== 'f32', 'a matrix of f32 is not packed');
  const y = emptyMatrix(scope, x.rows, x.cols, 'unpacked');
  const words = (x.rows * x.cols) / 2;
  gpu.run(kernel, {
    bind: { x: read(x.view), y: readWrite(y.view) },
    params: { words, brain: x.type === 'bf16' ? 1 : 0 },
    workgroups: Math.ceil(words / lanes),
    work: 2 * words,
  });
  return y;
}
