/**
 * −ln p(target) of tokens from their logits, which come tile by tile and are never held whole: running maximum and sum per token over
 * chunks of the vocabulary. The tiles are the caller's (model/head.ts).
 */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/head_score.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { assert } from '../../util/assert';
import { emptyMatrix, type Matrix } from '../matrix';

export const headScoreKernel = defineKernel({
  name: 'head_score',
  code,
  lib: [grid],
  bindings: { logits: 'read', targets: 'read', running: 'readWrite', nll: 'readWrite' },
  params: { rows: 'u32', cols: 'u32', first_row: 'u32', first_col: 'u32', phase: 'u32' },
});

/** Lanes of a token: at least 32 columns each, since joining the lanes is work of one of them. */
export const scoreLanes = (cols: number) => (cols <= 512 ? 16 : cols <= 2048 ? 32 : 64);

/** What is known of each token so far. */
export interface RunningScore {
  /** [tokens, 4]: maximum, sum of exponentials above it, target's logit, most likely entry. */
  readonly running: Matrix;
  /** [tokens, 1], nats; valid after the last chunk. */
  readonly nll: Matrix;
}

export function startScore(scope: Scope, tokens: number): RunningScore {
  return { running: emptyMatrix(scope, tokens, 4, 'running score'), nll: emptyMatrix(scope, tokens, 1, 'nll') };
}

/** Where a tile of logits lies: first token and first vocabulary entry, and the size of the vocabulary. */
export interface TilePlace {
  readonly row: number;
  readonly col: number;
  readonly vocabulary: number;
}

/**
 * Takes one tile of logits [rows, cols] into account. targets [tokens] u32, each below the vocabulary. Chunks of one token tile must
 * come in order from the first to the last.
 */
export function headScore(gpu: Gpu, score: RunningScore, logits: Matrix, targets: Matrix, place: TilePlace): void {
  const { rows, cols } = logits;
  assert(place.row + rows <= score.nll.rows && place.col + cols <= place.vocabulary, 'a tile outside the logits');
  gpu.run(headScoreKernel, {
    bind: {
      logits: read(logits.view),
      targets: read(targets.view),
      running: readWrite(score.running.view),
      nll: readWrite(score.nll.view),
    },
    params: {
      rows,
      cols,
      first_row: place.row,
      first_col: place.col,
      phase: (place.col === 0 ? 1 : 0) + (place.col + cols === place.vocabulary ? 2 : 0),
    },
    constants: { WG: scoreLanes(cols) },
    workgroups: rows,
    work: 8 * rows * cols,
  });
}
