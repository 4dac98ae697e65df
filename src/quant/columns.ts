/** Columns in another order, and the diagonal of H as the host needs it to choose one. */
import lib from '../../shaders/lib/grid.wgsl?raw';
import gatherCode from '../../shaders/rounding/gather_columns.wgsl?raw';
import symmetricCode from '../../shaders/rounding/gather_symmetric.wgsl?raw';
import { view, type Scope, type View } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { diagonal } from '../tensor/diagonal';
import { emptyMatrix, readMatrix, rowRange, type Matrix } from '../tensor/matrix';
import { panelOf, panelsOf } from '../tensor/panels';
import { present } from '../util/assert';
import { NumericError } from '../util/errors';
import type { Codes, Posed } from './problem';
import { eachSlice } from './slices';

const gatherColumnsKernel = defineKernel({
  name: 'gather_columns',
  code: gatherCode,
  lib: [lib],
  bindings: { x: 'read', order: 'read', y: 'readWrite' },
  params: { cols: 'u32', source_cols: 'u32', first: 'u32', last: 'u32' },
});
const gatherSymmetricKernel = defineKernel({
  name: 'gather_symmetric',
  code: symmetricCode,
  lib: [lib],
  bindings: { H: 'read', order: 'read', listed: 'read', y: 'readWrite' },
  params: {
    n: 'u32',
    source_n: 'u32',
    top: 'u32',
    source_top: 'u32',
    unit: 'u32',
    filling: 'f32',
    first: 'u32',
    last: 'u32',
  },
});

/** In place of a column: write zeros. */
export const noColumn = 0xffffffff;

export function uploadOrder(scope: Scope, order: Uint32Array<ArrayBuffer>): View {
  return view(scope.upload(order, 'column order'), 0, order.byteLength);
}

/** y[i, j] = x[i, order[j]], zero for `noColumn`; as many columns as `order` has. x of 32-bit words (f32, or codes). */
export function gatherColumns<M extends Matrix | Codes>(gpu: Gpu, scope: Scope, x: M, order: View): M {
  const { rows } = x;
  const cols = order.bytes / 4;
  const y = emptyMatrix(scope, rows, cols, 'gathered columns');
  for (const { begin, end } of panelsOf(gpu, rows, Math.max(cols, x.cols))) {
    const [from, to] = [rowRange({ ...x, type: 'f32' }, begin, end).view, rowRange(y, begin, end).view];
    eachSlice(gpu, (end - begin) * cols, 2, 64, (first, last) =>
      gpu.run(gatherColumnsKernel, {
        bind: { x: read(from), order: read(order), y: readWrite(to) },
        params: { cols, source_cols: x.cols, first, last },
        workgroups: Math.ceil((last - first) / 64),
        work: 2 * (last - first),
      }),
    );
  }
  return { ...x, view: y.view, cols };
}

/**
 * y[i, j] = H[order[i], order[j]], zero for `noColumn`; as many as `order` has. `dead`: what an input that never occurs gets on the
 * diagonal; `filling`: what a `noColumn` gets there.
 */
export function gatherSymmetric(
  gpu: Gpu,
  scope: Scope,
  H: Matrix,
  order: Uint32Array<ArrayBuffer>,
  dead: 'zero' | 'one',
  filling = 0,
): Matrix {
  const n = order.length;
  const y = emptyMatrix(scope, n, n, 'gathered H');
  using local = gpu.scope('gathered rows');
  const columns = uploadOrder(local, order);
  const sources = panelsOf(gpu, H.rows, H.cols);
  for (const panel of panelsOf(gpu, n, n)) {
    for (const [at, source] of sources.entries()) {
      // Rows without a source are written beside the first panel's.
      const listed: number[] = [];
      for (let i = panel.begin; i < panel.end; i++) {
        const from = order[i] as number;
        if ((from >= source.begin && from < source.end) || (at === 0 && from >= H.rows)) listed.push(i, from);
      }
      if (listed.length === 0) continue;
      const rows = uploadOrder(local, Uint32Array.from(listed));
      eachSlice(gpu, (listed.length / 2) * n, 2, 64, (first, last) =>
        gpu.run(gatherSymmetricKernel, {
          bind: {
            H: read(panelOf(H, source).view),
            order: read(columns),
            listed: read(rows),
            y: readWrite(panelOf(y, panel).view),
          },
          params: {
            ...{ n, source_n: H.cols, top: panel.begin, source_top: source.begin },
            ...{ unit: dead === 'one' ? 1 : 0, filling, first, last },
          },
          workgroups: Math.ceil((last - first) / 64),
          work: 2 * (last - first),
        }),
      );
    }
  }
  return y;
}

/**
 * diag H on the host, once per H.
 * @throws NumericError when an entry is not a finite number ≥ 0: H is a mean of x xᵀ, so then the activations were not finite.
 */
export function readDiagonal(gpu: Gpu, problem: Posed): Promise<Float32Array> {
  return problem.factors.moment.remember('diagonal', async () => {
    using scope = gpu.scope('diagonal');
    const values = await readMatrix(gpu, diagonal(gpu, scope, present(problem.H, 'H')));
    const at = values.findIndex((v) => !(v >= 0 && v < Infinity));
    if (at >= 0) {
      throw new NumericError(
        'not-finite',
        `H[${at}, ${at}] is ${values[at]}; expected a finite number that is not negative. The activations of the calibration text overflow: check the model's weights.`,
        { column: at, value: String(values[at]) },
      );
    }
    return values;
  });
}
