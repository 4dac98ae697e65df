/** H = mean of x xᵀ over tokens, accumulated in f32. Only the upper triangle is computed until `finishGram` mirrors it. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import finishCode from '../../shaders/linalg/finish_gram.wgsl?raw';
import gramCode from '../../shaders/linalg/gram.wgsl?raw';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { bindingLimit } from '../gpu/limits';
import { assert } from '../util/assert';
import { GpuError } from '../util/errors';
import { rowRange, type Matrix } from './matrix';

export const gramKernel = defineKernel({
  name: 'gram',
  code: gramCode,
  bindings: { x: 'read', h: 'readWrite' },
  params: { tokens: 'u32', n: 'u32', first_row: 'u32', outputs: 'u32' },
});

export const finishGramKernel = defineKernel({
  name: 'finish_gram',
  code: finishCode,
  lib: [grid],
  bindings: { h: 'readWrite' },
  params: { n: 'u32', scale: 'f32' },
});

/** Most inputs of a layer whose H can be worked with: one H is one binding. 5792. */
export const widestMoment = Math.floor(Math.sqrt(bindingLimit / 4));

/** Tokens summed before they are added to H: a sum of sums loses less than one long sum (error about √512·2⁻²⁴), and H is read rarely enough. */
const tokensPerSum = 512;

/**
 * H += XᵀX on the upper triangle. x [tokens, n] f32; h [n, n] f32, zeroed by the caller before the first call. The strictly lower
 * triangle is not touched: call finishGram when all tokens are in.
 * @throws GpuError `too-wide` when n exceeds widestMoment.
 */
export function accumulateGram(gpu: Gpu, x: Matrix, h: Matrix): void {
  const n = x.cols;
  assert(x.type === 'f32' && h.type === 'f32', 'a Gram matrix is accumulated from f32 in f32');
  assert(h.rows === n && h.cols === n, `H is ${h.rows}×${h.cols} for inputs of ${n} columns`);
  if (n > widestMoment) {
    throw new GpuError(
      'too-wide',
      `a layer of ${n} inputs: its second moment [${n}, ${n}] exceeds what one binding holds; expected at most ${widestMoment} inputs. Choose a method without calibration (RTN), or a smaller model.`,
      { found: n, limit: widestMoment },
    );
  }
  for (let begin = 0; begin < x.rows; begin += tokensPerSum) {
    const chunk = rowRange(x, begin, Math.min(x.rows, begin + tokensPerSum));
    const tiles = Math.ceil(n / 8);
    for (let done = 0; done < tiles;) {
      // Work of a row of tiles, counted as if none were below the diagonal.
      const work = 16 * n * chunk.rows;
      const step = gpu.slice(work, tiles - done);
      gpu.run(gramKernel, {
        bind: { x: read(chunk.view), h: readWrite(h.view) },
        params: { tokens: chunk.rows, n, first_row: done * 8, outputs: 64 },
        workgroups: [Math.ceil(n / 128), step, 1],
        work: work * step * (1 - (done + step / 2) / tiles) + 1,
      });
      done += step;
    }
  }
}

/** Divides the accumulated sums by `tokens` and mirrors them: h is then the mean of x xᵀ, both triangles equal bit by bit. */
export function finishGram(gpu: Gpu, h: Matrix, tokens: number): void {
  assert(h.rows === h.cols && tokens > 0, `H is ${h.rows}×${h.cols} over ${tokens} tokens`);
  const count = h.rows * h.cols;
  gpu.run(finishGramKernel, {
    bind: { h: readWrite(h.view) },
    params: { n: h.rows, scale: 1 / tokens },
    workgroups: Math.ceil(count / 64),
    work: 3 * count,
  });
}
