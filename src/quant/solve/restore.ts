/** Ŵ of a stored layer, bit for bit as it was solved. */
import { uploadMatrix, type Matrix } from '../../tensor/matrix';
import { uploadOrder } from '../columns';
import { cropColumns } from './padding';
import { makeCorrection, makeGrid, makeTransform } from './pieces';
import { nothingKept, type Undoing } from '../problem';
import type { Recipe } from '../recipe/recipe';
import { dequantize } from '../rounding/dequantize';
import { unpackCodes } from '../rounding/packCodes';
import { plainGroups } from '../stored';
import type { StoredLayer } from '../storedLayer';

/** [rows, cols] f32, owned by cx.scope. `recipe`: the one that the layer was solved by. */
export async function restoreLayer(stored: StoredLayer, recipe: Recipe, cx: Undoing): Promise<Matrix> {
  const { gpu } = cx;
  using scope = gpu.scope('restore');
  const local = { gpu, scope };
  const { rows, codeCols, innerCols } = stored;
  const grid = makeGrid(recipe.grid, innerCols);
  const groupOf = stored.groupOf ?? plainGroups(codeCols, grid);
  const parameters = uploadMatrix(scope, stored.parameters, rows, stored.parameters.length / rows, 'grid parameters');
  const codes = unpackCodes(gpu, scope, stored.codes, { rows, cols: codeCols }, grid.bits);
  let What = cropColumns(dequantize(codes, parameters, uploadOrder(scope, groupOf), grid, local), innerCols, local);
  for (const [i, piece] of [...recipe.transform.entries()].reverse()) {
    const kept = stored.kept[i] ?? nothingKept;
    // Nothing is kept of a permutation, because the codes are stored in the original order.
    if (kept.length) What = await makeTransform(piece).undo(What, kept, local);
  }
  for (const [i, piece] of [...recipe.correction.entries()].reverse()) {
    What = await makeCorrection(piece).apply(What, stored.kept[recipe.transform.length + i] ?? nothingKept, local);
  }
  scope.move(What.view.buffer, cx.scope);
  return What;
}
