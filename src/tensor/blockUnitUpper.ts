/** 𝐑[:, b] = R[:, b]·R[b, b]⁻¹ for blocks of columns: the factor of block LDLQ (QuIP#, arXiv 2402.04396) from that of Cholesky. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/block_unit_upper.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';

export const blockUnitUpperKernel = defineKernel({
  name: 'block_unit_upper',
  code,
  lib: [grid],
  bindings: { r: 'read', unit: 'readWrite' },
  params: { cols: 'u32', first_col: 'u32', width: 'u32', first: 'u32', last: 'u32' },
});

/**
 * Unit block upper triangular [n, n] f32, owned by the scope: H = R Rᵀ = 𝐑 D 𝐑ᵀ with D block diagonal. R f32 upper triangular with
 * positive diagonal: [firstCol + cols, cols], its columns from `firstCol` on, where a block begins, down to the last of their pivots; all
 * of it where that is 0. `width`: columns of a block.
 */
export function blockUnitUpper(gpu: Gpu, scope: Scope, R: Matrix, width: number, firstCol = 0): Matrix {
  const { rows, cols } = R;
  assert(R.type === 'f32' && width >= 1, `blocks of ${width} of ${rows}×${cols} ${R.type}`);
  assert(rows === firstCol + cols && firstCol % width === 0, `${rows} rows of ${cols} columns from ${firstCol} on`);
  const unit = emptyMatrix(scope, rows, cols, 'unit block R');
  const units = rows * Math.ceil(cols / width);
  const work = width * (width + 2);
  for (let first = 0; first < units;) {
    const last = Math.min(units, first + gpu.slice(work, units - first, 64));
    gpu.run(blockUnitUpperKernel, {
      bind: { r: read(R.view), unit: readWrite(unit.view) },
      params: { cols, first_col: firstCol, width, first, last },
      workgroups: Math.ceil((last - first) / 64),
      work: work * (last - first),
    });
    first = last;
  }
  return unit;
}
