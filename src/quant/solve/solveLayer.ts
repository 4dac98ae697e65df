/**
 * A recipe on a problem: corrections take their part out, transforms rewrite (W, H), rounding picks codes on the grid, and all of it
 * goes back to Ŵ. What is stored, what it costs and what is lost come with it. Knows no model and no token.
 */
import { view, type Scope, type View } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/gpu';
import { emptyMatrix, readMatrix, zeroMatrix, type Matrix } from '../../tensor/matrix';
import { proxyLoss } from '../../tensor/proxyLoss';
import { assert } from '../../util/assert';
import { NumericError, RecipeError } from '../../util/errors';
import { FactorCache } from '../factorCache';
import type { Insight } from './insight';
import { needsCalibration } from '../recipe/parseRecipe';
import { makeCorrection, makeGrid } from './pieces';
import type { Context, Grid, LayerProblem, Posed } from '../problem';
import { isPlain } from '../recipe/plain';
import type { Recipe } from '../recipe/recipe';
import { roundProblem } from './roundProblem';
import { nearestValues } from '../rounding/nearestValues';
import { packedBytes } from '../rounding/packCodes';
import { hashStored, settleGroups } from '../stored';
import type { StoredLayer } from '../storedLayer';

export interface SolvedLayer {
  /** [out, in] f32, owned by the context's scope. */
  readonly What: Matrix;
  readonly stored: StoredLayer;
  /** Storage bits as exported: what the grid's format takes, scattered groups, transforms and corrections. */
  readonly bits: number;
  /** Operations of transforms and corrections for each token that reaches the layer, when the model runs (Fitted). */
  readonly operations: number;
  /** tr(W H Wᵀ), and tr((W−Ŵ) H (W−Ŵ)ᵀ) of rounding to nearest on the same grid and of this recipe; null without H. */
  readonly energy: number | null;
  readonly nearestLoss: number | null;
  readonly loss: number | null;
  /** Relative damping that was needed; 0 when H was not used. */
  readonly damping: number;
  readonly insight: Insight;
  /** SHA-256 over all that is stored, hex. */
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
  using scope = gpu.scope('solve');
  const local: Context = { ...cx, scope };
  const original: Posed = { ...problem, factors: problem.factors ?? FactorCache.of(scope) };
  const corrections = recipe.correction.map(makeCorrection);
  const stages: Posed[] = [original];
  for (const correction of corrections) {
    const stage = stages.at(-1) ?? original;
    const grid = makeGrid(recipe.grid, stage.W.cols);
    stages.push((await correction.before?.(stage, grid, local)) ?? stage);
  }
  const rounded = await roundProblem(stages.at(-1) ?? original, recipe, local);
  // Submitted, so that what rounding worked on is memory again for what follows.
  gpu.flush();
  const { grid, kept } = rounded;
  let { What } = rounded;
  let { bits, operations } = rounded;
  const parts: Float32Array<ArrayBuffer>[] = corrections.map(() => new Float32Array());
  for (const [i, correction] of [...corrections.entries()].reverse()) {
    const corrected = await correction.after(stages[i] ?? original, What, local);
    What = await correction.apply(What, corrected.kept, local);
    parts[i] = corrected.kept;
    bits += corrected.bits;
    operations += corrected.operations;
  }
  scope.move(What.view.buffer, cx.scope);
  const loss = H ? proxyLoss(gpu, scope, W, What, H) : null;
  // The loss of rounding to nearest is the same for every recipe on this grid: asked for once a width, and read with the rest. A grid
  // that searches its ranges is compared with itself without the search, which is part of the method.
  const searched = makeGrid(recipe.grid, W.cols);
  const compared = searched.unsearched ?? searched;
  const plain = isPlain(recipe) && compared === searched;
  const nearestKey = `nearest loss ${JSON.stringify(recipe.grid)}`;
  const known = original.factors.figures.recall<number>(nearestKey);
  const ask = H && !plain && known === undefined;
  const nearestRows = ask ? await nearestLossRows(original, H, compared, cx, scope) : null;
  const [words, parameterBytes, lossBytes, nearestBytes] = await readTogether(gpu, [
    rounded.stream,
    rounded.parameters.view,
    ...(loss ? [loss.view] : []),
    ...(nearestRows ? [nearestRows.view] : []),
  ]);
  const total = lossBytes ? sum(new Float32Array(lossBytes)) : null;
  const stored: StoredLayer = {
    rows: W.rows,
    cols: W.cols,
    codeCols: rounded.codeCols,
    innerCols: rounded.innerCols,
    codes: new Uint8Array(words as ArrayBuffer).slice(
      0,
      packedBytes({ rows: W.rows, cols: rounded.codeCols }, grid.bits),
    ),
    ...settleGroups(new Float32Array(parameterBytes as ArrayBuffer), rounded.groupOf, grid),
    kept: [...kept, ...parts],
  };
  checkFinite(stored, total);
  const nearestLoss = plain || !H ? total : (known ?? sum(new Float32Array(nearestBytes as ArrayBuffer)));
  if (nearestLoss !== null) original.factors.figures.keep(nearestKey, nearestLoss);
  return {
    What,
    stored,
    bits: grid.storage.bits(stored) + 32 * (stored.groupOf?.length ?? 0) + bits,
    operations,
    energy: H ? await energyOf(original, H, gpu) : null,
    nearestLoss,
    loss: total,
    damping: rounded.damping,
    insight: rounded.insight,
    hash: await hashStored(stored),
  };
}

/** [rows, 1] f32: the loss of rounding to nearest on this grid, owned by `results`. */
async function nearestLossRows(problem: Posed, H: Matrix, grid: Grid, cx: Context, results: Scope): Promise<Matrix> {
  const { gpu } = cx;
  using scope = gpu.scope('nearest loss');
  // Submitted, so that the memory of what came before can be used again.
  gpu.flush();
  const What = await nearestValues(problem, grid, { ...cx, scope });
  gpu.flush();
  return proxyLoss(gpu, results, problem.W, What, H);
}

function energyOf({ W, factors }: Posed, H: Matrix, gpu: Gpu): Promise<number> {
  return factors.figures.remember('energy', async () => {
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
  const at = parameters.findIndex((v) => !(Math.abs(v) < Infinity));
  if (at < 0 && (loss === null || Number.isFinite(loss))) return;
  const found = at < 0 ? `a loss of ${loss}` : `a grid parameter of ${parameters[at]}`;
  throw new NumericError(
    'not-finite',
    `rounding W [${rows}, ${cols}] gave ${found}; expected finite numbers. The weights hold NaN, infinity or values near the limit of float32.`,
    { rows, cols },
  );
}
