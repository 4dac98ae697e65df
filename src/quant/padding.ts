/** Columns that fill a problem up to whole points of a vector grid: weights 0, inputs that have nothing to do with the others. */
import type { Matrix } from '../tensor/matrix';
import { gatherColumns, gatherSymmetric, noColumn, uploadOrder } from './columns';
import { identity } from './groups';
import type { Context, Posed, Undoing } from './problem';

/** The problem itself where its columns are whole points already. */
export function padProblem(problem: Posed, width: number, { gpu, scope }: Context): Posed {
  const { W, H } = problem;
  const cols = Math.ceil(W.cols / width) * width;
  if (cols === W.cols) return problem;
  const order = uploadOrder(
    scope,
    Uint32Array.from({ length: cols }, (_, j) => (j < W.cols ? j : noColumn)),
  );
  return {
    W: gatherColumns(gpu, scope, W, order),
    // Those inputs never occur. With a walk, they are dead columns.
    ...(H && { H: gatherSymmetric(gpu, scope, H, order, 'zero') }),
    factors: problem.factors.under(`padded to ${width}`),
  };
}

/** The first `cols` columns; the matrix itself where it has no more. Owned by the context's scope. */
export function cropColumns(w: Matrix, cols: number, { gpu, scope }: Undoing): Matrix {
  if (w.cols === cols) return w;
  using local = gpu.scope('crop');
  return gatherColumns(gpu, scope, w, uploadOrder(local, identity(cols)));
}
