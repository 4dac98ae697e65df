/**
 * Through transforms and rounding, and back: one problem to codes and Ŵ. Codes of a permuted problem go back to the original column
 * order and are stored so; other transforms are undone on Ŵ.
 */
import type { View } from '../../gpu/buffers';
import type { Matrix } from '../../tensor/matrix';
import { gatherColumns, uploadOrder } from '../columns';
import { invert } from '../groups';
import { insightOf, type Insight } from './insight';
import { cropColumns, padProblem } from './padding';
import { makeGrid, makeRounding, makeTransform } from './pieces';
import { nothingKept, type Context, type Fitted, type Grid, type Posed, type Transform } from '../problem';
import type { Recipe } from '../recipe/recipe';
import { dequantize } from '../rounding/dequantize';
import { packCodes } from '../rounding/packCodes';

export interface RoundedProblem {
  readonly grid: Grid;
  /** [rows, inner columns] f32. What is on the GPU is owned by the context's scope. */
  readonly What: Matrix;
  /** Packed codes in the original column order. */
  readonly stream: View;
  readonly parameters: Matrix;
  readonly groupOf: Uint32Array<ArrayBuffer>;
  readonly innerCols: number;
  /** Columns of the codes: filled to whole points of the grid. */
  readonly codeCols: number;
  readonly damping: number;
  readonly insight: Insight;
  /** What each transform keeps, and what they cost to store and for each token when the model runs. */
  readonly kept: readonly Float32Array<ArrayBuffer>[];
  readonly bits: number;
  readonly operations: number;
}

export async function roundProblem(problem: Posed, recipe: Recipe, cx: Context): Promise<RoundedProblem> {
  const { gpu } = cx;
  const { cols } = problem.W;
  const grid = makeGrid(recipe.grid, cols);
  if (grid.fallback) cx.emit({ type: 'fallback-used', ...grid.fallback });
  using scope = gpu.scope('round');
  const local: Context = { ...cx, scope };
  let posed = problem;
  const steps: { readonly transform: Transform; readonly fitted: Fitted }[] = [];
  for (const piece of recipe.transform) {
    const transform = makeTransform(piece);
    const fitted = await transform.fit(posed, grid, local);
    steps.push({ transform, fitted });
    posed = fitted.problem;
  }
  const order = steps.at(-1)?.fitted.columnOrder;
  const padded = await padProblem(posed, grid.width, local);
  const rounded = await makeRounding(recipe.rounding)(padded, grid, local, order);

  // Codes and parameter sets of columns in the original order.
  const back = order ? invert(order) : null;
  const codes = back ? gatherColumns(gpu, scope, rounded.codes, uploadOrder(scope, back)) : rounded.codes;
  const groupOf = back ? back.map((j) => rounded.groupOf[j] as number) : rounded.groupOf;
  const raw = dequantize(codes, rounded.parameters, uploadOrder(scope, groupOf), grid, local);
  let What = cropColumns(raw, cols, local);
  // The codes are already back in the order before a permutation.
  for (const { transform, fitted } of [...steps].reverse()) {
    // Where nothing was kept nothing was changed.
    if (!fitted.columnOrder && fitted.kept.length) What = await transform.undo(What, fitted.kept, local);
  }
  // A column order moves nothing about: the layer is looked at as it was before it.
  const turned = steps.filter(({ fitted }) => !fitted.columnOrder).at(-1)?.fitted.problem ?? problem;
  const insight: Insight = {
    ...(await insightOf(gpu, problem, turned)),
    ...(rounded.moment && { moment: rounded.moment }),
  };
  const stream = packCodes(gpu, cx.scope, codes, grid.bits);
  for (const { view } of [What, rounded.parameters]) scope.move(view.buffer, cx.scope);
  return {
    grid,
    What,
    stream,
    parameters: rounded.parameters,
    groupOf,
    innerCols: cols,
    codeCols: codes.cols,
    damping: rounded.damping,
    insight,
    kept: steps.map(({ fitted }) => (fitted.columnOrder ? nothingKept : fitted.kept)),
    bits: steps.reduce((sum, { fitted }) => sum + fitted.bits, 0),
    operations: steps.reduce((sum, { fitted }) => sum + fitted.operations, 0),
  };
}
