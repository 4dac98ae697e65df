/** Ŵ of rounding to nearest on a grid, for what compares with it or looks at its errors. */
import type { Matrix } from '../../tensor/matrix';
import { uploadOrder } from '../columns';
import { cropColumns, padProblem } from '../solve/padding';
import type { Context, Grid, Posed } from '../problem';
import { dequantize } from './dequantize';
import { nearest } from './nearest';

/** [rows, cols] f32 of the problem, owned by the context's scope. What this rounding has to say is no news of the recipe. */
export async function nearestValues(problem: Posed, grid: Grid, cx: Context): Promise<Matrix> {
  // Codes and parameters are not held beside what is done with Ŵ.
  using scope = cx.gpu.scope('nearest values');
  const quiet: Context = { ...cx, scope, emit: () => undefined };
  const padded = await padProblem(problem, grid.width, quiet);
  const { codes, parameters, groupOf } = await nearest()(padded, grid, quiet);
  const raw = dequantize(codes, parameters, uploadOrder(scope, groupOf), grid, quiet);
  const What = cropColumns(raw, problem.W.cols, quiet);
  scope.move(What.view.buffer, cx.scope);
  return What;
}
