/** KL divergence and top-1 agreement of two models from tiles of their logits, once both scores (headScore.ts) are finished. */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/head_compare.wgsl?raw';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import type { Matrix } from '../matrix';
import { scoreLanes, type RunningScore, type TilePlace } from './headScore';

export const headCompareKernel = defineKernel({
  name: 'head_compare',
  code,
  lib: [grid],
  bindings: {
    reference: 'read',
    logits: 'read',
    running_reference: 'read',
    running: 'read',
    kld: 'readWrite',
    agree: 'readWrite',
  },
  params: { rows: 'u32', cols: 'u32', first_row: 'u32', phase: 'u32' },
});

/** A model's tile of logits and its finished score. */
export interface Judged {
  readonly logits: Matrix;
  readonly score: RunningScore;
}

/** Adds a tile's share to kld [tokens, 1] (nats; never negative; exactly 0 for equal logits) and sets agree [tokens, 1]. */
export function headCompare(
  gpu: Gpu,
  reference: Judged,
  own: Judged,
  into: { readonly kld: Matrix; readonly agree: Matrix },
  place: TilePlace,
): void {
  const { rows, cols } = own.logits;
  assert(reference.logits.rows === rows && reference.logits.cols === cols, 'tiles differ in shape');
  gpu.run(headCompareKernel, {
    bind: {
      reference: read(reference.logits.view),
      logits: read(own.logits.view),
      running_reference: read(reference.score.running.view),
      running: read(own.score.running.view),
      kld: readWrite(into.kld.view),
      agree: readWrite(into.agree.view),
    },
    params: { rows, cols, first_row: place.row, phase: place.col === 0 ? 1 : 0 },
    constants: { WG: scoreLanes(cols) },
    workgroups: rows,
    work: 16 * rows * cols,
  });
}
