/**
 * What the experts made of their tokens, weighted and added up: expert by expert, in ascending order. A token's sum then has one order, that
 * of the indices of its experts, whatever ranks the router gave them, and no more than one expert's results exist at a time; all of them one
 * below the other, [tokens · count, cols], would exceed a binding long before the layer's input does.
 */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/combine.wgsl?raw';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';

export const combineKernel = defineKernel({
  name: 'combine',
  code,
  lib: [grid],
  bindings: { x: 'read', choices: 'read', weights: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', count: 'u32' },
});

/**
 * y [tokens, cols] f32 gains weights[choice] · x[i, :] at the token of each of one expert's choices. x [n, cols] f32; choices [n, 1] u32,
 * token · count + rank, no token twice; weights [tokens, count] f32.
 */
export function combine(gpu: Gpu, y: Matrix, x: Matrix, weights: Matrix, choices: Matrix): void {
  const { rows, cols } = x;
  assert(x.type === 'f32' && y.type === 'f32' && y.cols === cols, `${cols} columns added to ${y.cols}`);
  assert(choices.rows * choices.cols === rows && weights.rows === y.rows, `${rows} rows of ${y.rows} tokens`);
  gpu.run(combineKernel, {
    bind: {
      x: read(x.view),
      choices: read(choices.view),
      weights: read(weights.view),
      y: readWrite(y.view),
    },
    params: { rows, cols, count: weights.cols },
    workgroups: Math.ceil((rows * cols) / 64),
    work: 4 * rows * cols,
  });
}
