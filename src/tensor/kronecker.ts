/** One factor of a Kronecker product, applied to the columns of a matrix: x·(I ⊗ M ⊗ I)ᵀ. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/kronecker.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { emptyMatrix, type Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

export const kroneckerKernel = defineKernel({
  name: 'kronecker',
  code,
  lib: [grid],
  bindings: { x: 'read', m: 'read', y: 'readWrite' },
  params: { order: 'u32', inner: 'u32', first: 'u32', last: 'u32' },
});

/**
 * x [rows, cols] f32, its columns read as [outer, K, inner] with inner the fastest; m [K, K] f32. Returns [rows, cols] with
 * y[r, o, a, i] = Σ_c m[a, c]·x[r, o, c, i]: every row multiplied by (I ⊗ m ⊗ I)ᵀ. For (A ⊗ B) with B of order q, call it with
 * (A, inner q) and (B, inner 1).
 */
export function kronecker(gpu: Gpu, scope: Scope, x: Matrix, m: Matrix, inner: number): Matrix {
  const order = m.rows;
  assert(x.type === 'f32' && m.type === 'f32' && m.cols === order, `a factor of ${m.rows}×${m.cols} ${m.type}`);
  assert(x.cols % (order * inner) === 0, `a factor of order ${order} with ${inner} inside, for ${x.cols} columns`);
  const y = emptyMatrix(scope, x.rows, x.cols, 'kronecker');
  for (const panel of panelsOf(gpu, x.rows, x.cols)) {
    const [from, to] = [panelOf(x, panel).view, panelOf(y, panel).view];
    const units = (((panel.end - panel.begin) * x.cols) / order) * Math.ceil(order / 4);
    for (let first = 0; first < units;) {
      const last = Math.min(units, first + gpu.slice(8 * order, units - first, 64));
      gpu.run(kroneckerKernel, {
        bind: { x: read(from), m: read(m.view), y: readWrite(to) },
        params: { order, inner, first, last },
        workgroups: Math.ceil((last - first) / 64),
        work: 8 * order * (last - first),
      });
      first = last;
    }
  }
  return y;
}
