/** Columns that fill a problem up to whole points of a vector grid: weights 0, inputs that have nothing to do with the others. */
import type { Matrix } from '../../tensor/matrix';
import { gatherColumns, gatherSymmetric, noColumn, readDiagonal, uploadOrder } from '../columns';
import { identity } from '../groups';
import type { Context, Posed, Undoing } from '../problem';

/** The problem itself where its columns are whole points already. */
export async function padProblem(problem: Posed, width: number, { gpu }: Context): Promise<Posed> {
  const { W, H, magnitude, cross } = problem;
  const cols = Math.ceil(W.cols / width) * width;
  if (cols === W.cols) return problem;
  // As strong as the mean of the others, so that the damping is what it would be without them.
  const diagonal = H ? await readDiagonal(gpu, problem) : new Float32Array();
  const mean = diagonal.reduce((sum, v) => sum + v, 0) / W.cols;
  const factors = problem.factors.under(`padded to ${width}`, 'moment');
  const filled = Uint32Array.from({ length: cols }, (_, j) => (j < W.cols ? j : noColumn));
  // What is derived from the padded matrices is remembered with them, and may be them.
  const { order, ...moments } = await factors.moment.remember('padded', (scope) => {
    const order = uploadOrder(scope, filled);
    return {
      order,
      ...(H && { H: gatherSymmetric(gpu, scope, H, filled, 'zero', mean) }),
      ...(magnitude && { magnitude: gatherColumns(gpu, scope, magnitude, order) }),
      ...(cross && { cross: gatherSymmetric(gpu, scope, cross, filled, 'zero') }),
    };
  });
  return {
    ...moments,
    W: await factors.remember('padded weights', (scope) => gatherColumns(gpu, scope, W, order)),
    factors,
  };
}

/** The first `cols` columns; the matrix itself where it has no more. Owned by the context's scope. */
export function cropColumns(w: Matrix, cols: number, { gpu, scope }: Undoing): Matrix {
  if (w.cols === cols) return w;
  using local = gpu.scope('crop');
  return gatherColumns(gpu, scope, w, uploadOrder(local, identity(cols)));
}
