/**
 * A recipe on a problem: transforms rewrite (W, H), rounding picks codes on the grid, the codes go back to the original column order
 * and become Ŵ. What is stored, what it costs and what is lost come with it. Knows no model and no token.
 */
import { view, type Scope, type View } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { emptyMatrix, readMatrix, uploadMatrix, zeroMatrix, type Matrix } from '../tensor/matrix';
import { proxyLoss } from '../tensor/proxyLoss';
import { assert } from '../util/assert';
import { NumericError, RecipeError } from '../util/errors';
import { gatherColumns, uploadOrder } from './columns';
import { FactorCache } from './factorCache';
import { identity, invert } from './groups';
import { needsCalibration, recipeOf } from './parseRecipe';
import { makeGrid, makeRounding, makeTransform } from './pieces';
import type { Context, Fitted, Grid, LayerProblem, Posed } from './problem';
import type { Piece, Recipe } from './recipe';
import { dequantize } from './rounding/dequantize';
import { nearest } from './rounding/nearest';
import { packCodes, packedBytes, unpackCodes } from './rounding/packCodes';
import { hashStored, settleGroups, storageBits, type StoredLayer } from './stored';

export interface SolvedLayer {
  /** [out, in] f32, owned by the context's scope. */
  readonly What: Matrix;
  readonly stored: StoredLayer;
  /** Storage bits as exported: codes, scales (16 bits), zeros, and what transforms and scattered groups add. */
  readonly bits: number;
  /** tr(W H Wᵀ), and tr((W−Ŵ) H (W−Ŵ)ᵀ) of rounding to nearest on the same grid and of this recipe; null without H. */
  readonly energy: number | null;
  readonly nearestLoss: number | null;
  readonly loss: number | null;
  /** Relative damping that was needed; 0 when H was not used. */
  readonly damping: number;
  /** SHA-256 over codes and parameters, hex. */
  readonly hash: string;
}

/**
 * Solves one layer, or the stacked layers of one site. W [out, in] f32, H [in, in] f32 undamped, both unchanged; each at most 128 MiB
 * (rows are independent: round taller matrices in row ranges). Events of the solver go to cx.emit.
 * @throws RecipeError when the recipe reads H and the problem has none; NumericError when H or W cannot be worked with; Cancelled.
 */
export async function solveLayer(problem: LayerProblem, recipe: Recipe, cx: Context): Promise<SolvedLayer> {
  const { gpu } = cx;
  const { W, H } = problem;
  assert(W.type === 'f32', 'weights to solve are f32');
  if (!H && needsCalibration(recipe)) {
    throw new RecipeError(
      'needs-calibration',
      'this recipe reads the inputs of the layer; expected a calibration text.',
    );
  }
  // House: a correction is a piece of the recipe; the catalog has none yet, and parseRecipe refuses what it does not know.
  assert(recipe.correction.length === 0, 'a recipe whose corrections exist');
  using scope = gpu.scope('solve');
  const original: Posed = { ...problem, factors: problem.factors ?? new FactorCache(scope) };
  const grid = makeGrid(recipe.grid);
  const { What, stream, parameters, groupOf, damping, extraBits } = await roundLayer(original, recipe, grid, cx, scope);
  const loss = H ? proxyLoss(gpu, scope, W, What, H) : null;
  // The loss of rounding to nearest is the same for every recipe on this grid: asked for once a width, and read with the rest.
  const plain = recipe.rounding.name === 'nearest' && recipe.transform.length === 0;
  const nearestKey = `nearest loss ${JSON.stringify(recipe.grid)}`;
  const known = original.factors.recall<number>(nearestKey);
  const ask = H && !plain && known === undefined;
  const nearestRows = ask ? await nearestLossRows(original, H, grid, cx, scope) : null;
  const [words, parameterBytes, lossBytes, nearestBytes] = await readTogether(gpu, [
    stream,
    parameters.view,
    ...(loss ? [loss.view] : []),
    ...(nearestRows ? [nearestRows.view] : []),
  ]);
  const total = lossBytes ? sum(new Float32Array(lossBytes)) : null;
  const stored: StoredLayer = {
    rows: W.rows,
    cols: W.cols,
    codes: new Uint8Array(words as ArrayBuffer).slice(0, packedBytes(W, grid.bits)),
    ...settleGroups(new Float32Array(parameterBytes as ArrayBuffer), groupOf, Math.min(grid.group, W.cols)),
  };
  checkFinite(stored, total);
  const nearestLoss = plain || !H ? total : (known ?? sum(new Float32Array(nearestBytes as ArrayBuffer)));
  if (nearestLoss !== null) original.factors.keep(nearestKey, nearestLoss);
  return {
    What,
    stored,
    bits: storageBits(stored, grid, stored.groupOf ? 'scattered' : 'contiguous') + extraBits,
    energy: H ? await energyOf(original, H, gpu) : null,
    nearestLoss,
    loss: total,
    damping,
    hash: await hashStored(stored),
  };
}

interface RoundedLayer {
  /** Owned by the context's scope; the rest by the scope that was passed. */
  readonly What: Matrix;
  /** Packed codes in the original column order. */
  readonly stream: View;
  readonly parameters: Matrix;
  readonly groupOf: Uint32Array<ArrayBuffer>;
  readonly damping: number;
  readonly extraBits: number;
}

/** Through transforms and rounding, and back. Large temporaries (codes, one to a word) are gone when it returns. */
async function roundLayer(
  original: Posed,
  recipe: Recipe,
  grid: Grid,
  cx: Context,
  results: Scope,
): Promise<RoundedLayer> {
  const { gpu } = cx;
  using scope = gpu.scope('round');
  const local: Context = { ...cx, scope };
  let posed = original;
  const fitted: Fitted[] = [];
  for (const piece of recipe.transform) {
    const step = await makeTransform(piece).fit(posed, grid, local);
    fitted.push(step);
    posed = step.problem;
  }
  const order = fitted.at(-1)?.columnOrder;
  const rounded = await makeRounding(recipe.rounding)(posed, grid, local, order);

  // Codes and column groups in the original order.
  const back = order ? invert(order) : null;
  const codes = back ? gatherColumns(gpu, scope, rounded.codes, uploadOrder(scope, back)) : rounded.codes;
  const groupOf = back ? back.map((j) => rounded.groupOf[j] as number) : rounded.groupOf;
  // The codes are already back in the order before a permutation; other transforms are undone on Ŵ.
  const changes = order ? fitted.slice(0, -1) : fitted;
  const owner = changes.length ? local : cx;
  let What = dequantize(codes, rounded.parameters, uploadOrder(scope, groupOf), grid, owner);
  for (const [i, step] of [...changes.entries()].reverse()) What = await step.undo(What, i === 0 ? cx : local);
  const stream = packCodes(gpu, results, codes, grid.bits);
  scope.move(rounded.parameters.view.buffer, results);
  return {
    What,
    stream,
    parameters: rounded.parameters,
    groupOf,
    damping: rounded.damping,
    extraBits: fitted.reduce((bits, step) => bits + step.extraBits, 0),
  };
}

/** Rounds to nearest without inputs: for embedding and head. W [rows, cols] f32 of at most 128 MiB; rows are independent. */
export function roundWeights(W: Matrix, grid: Piece, cx: Context): Promise<SolvedLayer> {
  return solveLayer({ W }, recipeOf({ grid, rounding: { name: 'nearest' } }), cx);
}

/** Ŵ [rows, cols] f32 of a stored layer, bit for bit as it was solved; owned by cx.scope. */
export function restoreLayer(stored: StoredLayer, piece: Piece, cx: Pick<Context, 'gpu' | 'scope'>): Matrix {
  const { gpu } = cx;
  using scope = gpu.scope('restore');
  const grid = makeGrid(piece);
  const { rows, cols } = stored;
  const size = Math.min(grid.group, cols);
  const groupOf = stored.groupOf ?? identity(cols).map((j) => Math.floor(j / size));
  const parameters = uploadMatrix(scope, stored.parameters, rows, stored.parameters.length / rows, 'grid parameters');
  const codes = unpackCodes(gpu, scope, stored.codes, stored, grid.bits);
  return dequantize(codes, parameters, uploadOrder(scope, groupOf), grid, cx);
}

/** [rows, 1] f32: the loss of rounding to nearest on this grid, owned by `results`. */
async function nearestLossRows(
  { W, factors }: Posed,
  H: Matrix,
  grid: Grid,
  cx: Context,
  results: Scope,
): Promise<Matrix> {
  const { gpu } = cx;
  using scope = gpu.scope('nearest loss');
  const local = { ...cx, scope };
  // Submitted, so that the memory of what came before can be used again.
  gpu.flush();
  const { codes, parameters, groupOf } = await nearest({ W, factors }, grid, local);
  const What = dequantize(codes, parameters, uploadOrder(scope, groupOf), grid, local);
  scope.free(codes.view.buffer);
  gpu.flush();
  return proxyLoss(gpu, results, W, What, H);
}

function energyOf({ W, factors }: Posed, H: Matrix, gpu: Gpu): Promise<number> {
  return factors.remember('energy', async () => {
    using scope = gpu.scope('energy');
    return sum(await readMatrix(gpu, proxyLoss(gpu, scope, W, zeroMatrix(scope, W.rows, W.cols, 'zero'), H)));
  });
}

/** Several results in one read: each wait for the GPU costs as much as many kernels. */
async function readTogether(gpu: Gpu, views: readonly View[]): Promise<ArrayBuffer[]> {
  using scope = gpu.scope('results');
  const bytes = views.reduce((total, part) => total + part.bytes, 0);
  const all = emptyMatrix(scope, 1, bytes / 4, 'results').view;
  let offset = 0;
  for (const part of views) {
    gpu.copy(part, view(all.buffer, offset, part.bytes));
    offset += part.bytes;
  }
  const joined = await gpu.read(all);
  offset = 0;
  return views.map((part) => {
    offset += part.bytes;
    return joined.slice(offset - part.bytes, offset);
  });
}

/** Rows in float64, in order. */
function sum(rows: Float32Array): number {
  return rows.reduce((total, row) => total + row, 0);
}

function checkFinite({ parameters, rows, cols }: StoredLayer, loss: number | null): void {
  const at = parameters.findIndex((v, i) => !(Math.abs(v) < Infinity) || (i % 2 === 0 && v <= 0));
  if (at < 0 && (loss === null || Number.isFinite(loss))) return;
  const found = at < 0 ? `a loss of ${loss}` : `a grid parameter of ${parameters[at]}`;
  throw new NumericError(
    'not-finite',
    `rounding W [${rows}, ${cols}] gave ${found}; expected finite numbers. The weights hold NaN, infinity or values near the limit of float32.`,
    { rows, cols },
  );
}
