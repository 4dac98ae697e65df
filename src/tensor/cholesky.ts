/**
 * The one-factor form of the solver: (H + damping·mean(diag H)·I) = R·Rᵀ with R upper triangular, from the last column to the
 * first, in blocks of 32 (../shared design, "The solver"; one Cholesky, no inverse). Also R̃ = R·diag(R)⁻¹.
 * Right-looking: diagonal block, panel above it, product of the panel with itself taken off what is left.
 */
import grid from '../../shaders/lib/grid.wgsl?raw';
import tile from '../../shaders/lib/tile.wgsl?raw';
import blockCode from '../../shaders/linalg/cholesky_block.wgsl?raw';
import panelCode from '../../shaders/linalg/cholesky_panel.wgsl?raw';
import startCode from '../../shaders/linalg/cholesky_start.wgsl?raw';
import updateCode from '../../shaders/linalg/cholesky_update.wgsl?raw';
import unitCode from '../../shaders/linalg/unit_upper.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert, present } from '../util/assert';
import { diagonalMean } from './diagonal';
import { emptyMatrix, rowRange, zeroMatrix, type Matrix } from './matrix';
import { padCopy } from './pad';
import { panelOf, panelsOf } from './panels';

/** Columns per step. 32 keeps the sequential block short; the WGSL says the same number. */
const block = 32;

export const choleskyStartKernel = defineKernel({
  name: 'cholesky_start',
  code: startCode,
  lib: [grid],
  bindings: { h: 'read', mean: 'read', r: 'readWrite' },
  params: { n: 'u32', size: 'u32', top: 'u32', rows: 'u32', damping: 'f32' },
});

export const choleskyBlockKernel = defineKernel({
  name: 'cholesky_block',
  code: blockCode,
  bindings: { r: 'readWrite', corner: 'readWrite', failed: 'readWrite' },
  params: { size: 'u32', top: 'u32', first: 'u32', block: 'u32' },
});

export const choleskyPanelKernel = defineKernel({
  name: 'cholesky_panel',
  code: panelCode,
  bindings: { r: 'readWrite', corner: 'read', panel: 'readWrite' },
  params: { size: 'u32', top: 'u32', first: 'u32', block: 'u32' },
});

export const choleskyUpdateKernel = defineKernel({
  name: 'cholesky_update',
  code: updateCode,
  lib: [tile],
  bindings: { panel: 'read', r: 'readWrite' },
  params: { size: 'u32', top: 'u32', first_row: 'u32', first: 'u32', block: 'u32', outputs: 'u32' },
});

export const unitUpperKernel = defineKernel({
  name: 'unit_upper',
  code: unitCode,
  lib: [grid],
  bindings: { r: 'read', unit: 'readWrite' },
  params: { cols: 'u32', first_col: 'u32', count: 'u32' },
});

export interface Cholesky {
  /** [n, n] f32 upper triangular, zero below the diagonal. Meaningless when `failed`. */
  readonly R: Matrix;
  /** [1, 1], the bits of a u32: 0, or 1 when a pivot was not a positive finite number. Read it with `choleskyFailed`. */
  readonly failed: Matrix;
}

/**
 * Factors H + damping·mean(diag H)·I. h [n, n] f32 symmetric, only its upper triangle is read and it is not changed. A matrix that
 * is not positive definite is no error here: it sets the flag, and the caller chooses more damping.
 */
export function choleskyUpper(gpu: Gpu, scope: Scope, h: Matrix, damping: number): Cholesky {
  const n = h.rows;
  assert(h.cols === n && h.type === 'f32', `Cholesky of ${h.rows}×${h.cols} ${h.type}`);
  using local = gpu.scope('cholesky');
  const size = Math.ceil(n / block) * block;
  const r = emptyMatrix(size === n ? scope : local, size, size, 'R');
  const panel = emptyMatrix(local, size, block, 'panel');
  const failed = zeroMatrix(scope, 1, 1, 'failed');
  const corner = emptyMatrix(local, block, block, 'diagonal block');
  const mean = diagonalMean(gpu, local, h);
  const panels = panelsOf(gpu, size, size);
  for (const { begin, end } of panels) {
    const rows = end - begin;
    gpu.run(choleskyStartKernel, {
      bind: {
        h: read(rowRange(h, begin, Math.min(n, end)).view),
        mean: read(mean.view),
        r: readWrite(rowRange(r, begin, end).view),
      },
      params: { n, size, top: begin, rows, damping },
      workgroups: Math.ceil((rows * size) / 64),
      work: 2 * rows * size,
    });
  }
  for (let first = size - block; first >= 0; first -= block) {
    // A panel holds whole blocks.
    const own = present(
      panels.find(({ end }) => first < end),
      `the rows of block ${first}`,
    );
    gpu.run(choleskyBlockKernel, {
      bind: { r: readWrite(panelOf(r, own).view), corner: readWrite(corner.view), failed: readWrite(failed.view) },
      params: { size, top: own.begin, first, block },
      workgroups: 1,
      work: 2 * block ** 3,
    });
    const above = panels.filter(({ begin }) => begin < first);
    for (const part of above) {
      const rows = Math.min(part.end, first) - part.begin;
      gpu.run(choleskyPanelKernel, {
        bind: { r: readWrite(panelOf(r, part).view), corner: read(corner.view), panel: readWrite(panel.view) },
        params: { size, top: part.begin, first, block },
        workgroups: rows / block,
        work: rows * block ** 2,
      });
    }
    for (const part of above) {
      const tiles = Math.min(part.end, first) / 8;
      for (let done = part.begin / 8; done < tiles;) {
        const work = 16 * block * (first - done * 8);
        const step = gpu.slice(work, tiles - done);
        gpu.run(choleskyUpdateKernel, {
          bind: { panel: read(panel.view), r: readWrite(panelOf(r, part).view) },
          params: { size, top: part.begin, first_row: done * 8, first, block, outputs: 64 },
          workgroups: [Math.ceil(first / 128), step, 1],
          work: work * step,
        });
        done += step;
      }
    }
  }
  return { R: size === n ? r : padCopy(gpu, scope, r, n, n), failed };
}

/** Whether the factorisation failed. Waits for it. */
export async function choleskyFailed(gpu: Gpu, { failed }: Cholesky): Promise<boolean> {
  return new Uint32Array(await gpu.read(failed.view))[0] !== 0;
}

/**
 * R̃ = R·diag(R)⁻¹: unit upper triangular, what the feedback of `compensate` multiplies with. R [firstCol + cols, cols]: columns of the
 * factor from `firstCol` on, down to the last of their pivots; all of it where that is 0.
 */
export function unitUpper(gpu: Gpu, scope: Scope, R: Matrix, firstCol = 0): Matrix {
  assert(R.rows === firstCol + R.cols, `${R.rows} rows of ${R.cols} columns from ${firstCol} on`);
  const unit = emptyMatrix(scope, R.rows, R.cols, 'unit R');
  const count = R.rows * R.cols;
  gpu.run(unitUpperKernel, {
    bind: { r: read(R.view), unit: readWrite(unit.view) },
    params: { cols: R.cols, first_col: firstCol, count },
    workgroups: Math.ceil(count / 64),
    work: 3 * count,
  });
  return unit;
}
