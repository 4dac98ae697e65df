/** H = mean of x xᵀ over tokens, accumulated in f32. Only the upper triangle is computed until `finishGram` mirrors it. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import tile from '../../shaders/lib/tile.wgsl?raw';
import finishCode from '../../shaders/linalg/finish_gram.wgsl?raw';
import gramCode from '../../shaders/linalg/gram.wgsl?raw';
import mirrorCode from '../../shaders/linalg/mirror.wgsl?raw';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { rowRange, type Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

export const gramKernel = defineKernel({
  name: 'gram',
  code: gramCode,
  lib: [tile],
  bindings: { x: 'read', h: 'readWrite' },
  params: { tokens: 'u32', n: 'u32', top: 'u32', first_row: 'u32', end: 'u32', outputs: 'u32' },
});

export const finishGramKernel = defineKernel({
  name: 'finish_gram',
  code: finishCode,
  lib: [grid],
  bindings: { h: 'readWrite' },
  params: { n: 'u32', top: 'u32', rows: 'u32', scale: 'f32' },
});

export const mirrorKernel = defineKernel({
  name: 'mirror',
  code: mirrorCode,
  lib: [grid],
  bindings: { above: 'readWrite', below: 'readWrite' },
  params: { n: 'u32', from_top: 'u32', from_rows: 'u32', to_top: 'u32', to_rows: 'u32' },
});

/** Most inputs of a layer whose H [n, n] f32 fits a buffer of so many bytes: 8192 in the 256 MiB that every adapter allows. */
export const widestMoment = (bufferLimit: number) => Math.floor(Math.sqrt(bufferLimit / 4));

/** Tokens summed before they are added to H: a sum of sums loses less than one long sum (error about √512·2⁻²⁴), and H is read rarely enough. */
const tokensPerSum = 512;

/**
 * H += XᵀX on the upper triangle. x [tokens, n] f32; h [n, n] f32, zeroed by the caller before the first call. The strictly lower
 * triangle is not touched: call finishGram when all tokens are in.
 */
export function accumulateGram(gpu: Gpu, x: Matrix, h: Matrix): void {
  const n = x.cols;
  assert(x.type === 'f32' && h.type === 'f32', 'a Gram matrix is accumulated from f32 in f32');
  assert(h.rows === n && h.cols === n, `H is ${h.rows}×${h.cols} for inputs of ${n} columns`);
  for (let begin = 0; begin < x.rows; begin += tokensPerSum) {
    const chunk = rowRange(x, begin, Math.min(x.rows, begin + tokensPerSum));
    const tiles = Math.ceil(n / 8);
    for (const panel of panelsOf(gpu, n, n)) {
      const last = Math.ceil(panel.end / 8);
      for (let done = panel.begin / 8; done < last;) {
        // Work of a row of tiles, counted as if none were below the diagonal.
        const work = 16 * n * chunk.rows;
        const step = gpu.slice(work, last - done);
        gpu.run(gramKernel, {
          bind: { x: read(chunk.view), h: readWrite(panelOf(h, panel).view) },
          params: { tokens: chunk.rows, n, top: panel.begin, first_row: done * 8, end: panel.end, outputs: 64 },
          workgroups: [Math.ceil(n / 128), step, 1],
          work: work * step * (1 - (done + step / 2) / tiles) + 1,
        });
        done += step;
      }
    }
  }
}

/** Divides the accumulated sums by `tokens` and mirrors them: h is then the mean of x xᵀ, both triangles equal bit by bit. */
export function finishGram(gpu: Gpu, h: Matrix, tokens: number): void {
  const n = h.rows;
  assert(h.cols === n && tokens > 0, `H is ${n}×${h.cols} over ${tokens} tokens`);
  const panels = panelsOf(gpu, n, n);
  for (const [i, panel] of panels.entries()) {
    const rows = panel.end - panel.begin;
    gpu.run(finishGramKernel, {
      bind: { h: readWrite(panelOf(h, panel).view) },
      params: { n, top: panel.begin, rows, scale: 1 / tokens },
      workgroups: Math.ceil((rows * n) / 64),
      work: 3 * rows * n,
    });
    for (const below of panels.slice(i + 1)) {
      const pairs = rows * (below.end - below.begin);
      gpu.run(mirrorKernel, {
        bind: { above: readWrite(panelOf(h, panel).view), below: readWrite(panelOf(h, below).view) },
        params: {
          ...{ n, from_top: panel.begin, from_rows: rows },
          ...{ to_top: below.begin, to_rows: below.end - below.begin },
        },
        workgroups: Math.ceil(pairs / 64),
        work: 2 * pairs,
      });
    }
  }
}
