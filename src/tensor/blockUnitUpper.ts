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
  params: { n: 'u32', width: 'u32', first: 'u32', last: 'u32' },
});

/**
 * Unit block upper triangular [n, n] f32, owned by the scope: H = R Rᵀ = 𝐑 D 𝐑ᵀ with D block diagonal. R [n, n] f32 upper triangular
 * with positive diagonal. `width`: columns of a block.
 */
export function blockUnitUpper(gpu: Gpu, scope: Scope, R: Matrix, width: number): Matrix {
  const n = R.rows;
  assert(R.cols === n && R.type === 'f32' && width >= 1, `blocks of ${width} of ${n}×${R.cols} ${R.type}`);
  const unit = emptyMatrix(scope, n, n, 'unit block R');
  const units = n * Math.ceil(n / width);
  const work = width * (width + 2);
  for (let first = 0; first < units;) {
    const last = Math.min(units, first + gpu.slice(work, units - first, 64));
    gpu.run(blockUnitUpperKernel, {
      bind: { r: read(R.view), unit: readWrite(unit.view) },
      params: { n, width, first, last },
      workgroups: Math.ceil((last - first) / 64),
      work: work * (last - first),
    });
    first = last;
  }
  return unit;
}
