/**
 * Activation-aware scales (AWQ, arXiv 2306.00978, section 3): W' = W·diag(s), x' = x / s, so H' = diag(1/s) H diag(1/s), and the layer
 * computes the same. s = x̄^r, x̄ the mean |x| of an input, normalised by √(max s · min s); r from 0 (no scaling at all) to 0.95 in
 * steps of 0.05, chosen for the least error when W' is rounded to nearest on the grid: of the output of the site's own matrices,
 * tr(Δ H Δᵀ), Δ = Q(W·s)/s − W, which needs no forward pass; or, as published, of the whole attention or MLP. The source of the
 * inputs absorbs 1/s: the norm before, the value rows before the output projection, the up rows before the down projection. Under
 * grouped-query attention the query heads that read one value head must share their scales: all that they are made of is averaged. Where
 * several sites read one norm (experts and their router), they share the scales whose errors, summed over the tokens of each, are least.
 */
import type { Scope } from '../../gpu/buffers';
import { view } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/gpu';
import { emptyMatrix, readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { proxyLoss } from '../../tensor/proxyLoss';
import { relativeMagnitude } from '../../tensor/relativeMagnitude';
import { scaleColumns } from '../../tensor/scaleColumns';
import { assert, present } from '../../util/assert';
import { halfScale } from '../../util/halfFloat';
import { readDiagonal } from '../columns';
import { FactorCache } from '../factorCache';
import {
  takesFactors,
  withoutKin,
  type Context,
  type Grid,
  type Kin,
  type Neighbours,
  type Posed,
  type Transform,
} from '../problem';
import type { Piece } from '../recipe/recipe';
import { nearestValues } from '../rounding/nearestValues';

const steps = 20;
/** Smallest scale before normalisation, as published. */
const least = 1e-4;

/** Mean |x| or relative weight, averaged over the query heads that read the same channel of a value head. [cols] */
export function tiedMagnitude(magnitude: Float32Array, input: Neighbours['input'] | undefined): Float32Array {
  if (input?.kind !== 'heads' || input.repeat === 1) return magnitude;
  const { size, repeat } = input;
  return magnitude.map((_, i) => {
    const first = Math.floor(i / (size * repeat)) * size * repeat + (i % size);
    let sum = 0;
    for (let k = 0; k < repeat; k++) sum += magnitude[first + k * size] as number;
    return sum / repeat;
  });
}

/**
 * The candidate with exponent r. `weight`: mean relative weight of each column, for AutoAWQ's formula. r = 0 is all ones by that too,
 * so that not to scale is among the candidates; its published code has 1/(w + 1e-4) there.
 */
export function candidateScales(
  magnitude: Float32Array,
  r: number,
  weight: Float32Array | null,
): Float32Array<ArrayBuffer> {
  const raw = Float64Array.from(magnitude, (x, i) => {
    const value = weight ? x ** r / ((weight[i] as number) ** (1 - r) + 1e-4) : x ** r;
    return r === 0 || !Number.isFinite(value) ? 1 : Math.max(value, least);
  });
  const size = Math.sqrt(raw.reduce((a, b) => Math.max(a, b)) * raw.reduce((a, b) => Math.min(a, b)));
  return Float32Array.from(raw, (s) => s / size);
}

export function scale({ formula, search }: Piece): Transform {
  return {
    async fit(problem, grid, cx) {
      const { gpu } = cx;
      const { W, H: moment, magnitude: mean } = problem;
      const { cols } = W;
      const H = present(moment, 'H');
      const key = `scale ${String(formula)} ${String(search)} ${present(grid.key, 'a grid of makeGrid')}`;
      const factors = problem.factors.under(key);
      const { kin } = problem;
      const input = problem.neighbours?.input;
      if (input?.kind === 'stream' && input.gains && !input.scales) {
        const reason =
          'what these gains make is read elsewhere too, by sites that are not at hand or are solved otherwise';
        cx.emit({
          type: 'fallback-used',
          wanted: 'factors in the norm before',
          used: 'a multiply when the model runs',
          reason,
        });
      }
      const errorOf = search === 'module' ? moduleErrorOf(problem, cx) : undefined;
      const kept = await factors.remember('scales', async () => {
        if (kin) return kin.agree(key, () => searchTogether(kin, formula, grid, cx));
        using scope = gpu.scope('scale search');
        const tied = (mean: Float32Array) => tiedMagnitude(mean, problem.neighbours?.input);
        const magnitude = tied(await meanInputs(problem, gpu));
        const weight =
          formula === 'AutoAWQ' ? tied(await readMatrix(gpu, relativeMagnitude(gpu, scope, W, grid.group))) : null;
        // What is searched is what is stored: halves where nothing before the site takes 1/s.
        const store = takesFactors(problem.neighbours?.input) ? (s: Float32Array<ArrayBuffer>) => s : halved;
        const candidates = Array.from({ length: steps }, (_, i) =>
          store(candidateScales(magnitude, i / steps, weight)),
        );
        const local = { ...cx, scope };
        const losses = errorOf
          ? await moduleErrors(problem, candidates, grid, local, errorOf)
          : await searchLosses(problem, candidates, grid, local);
        const best = losses.indexOf(Math.min(...losses));
        return present(candidates[Math.max(0, best)], 'the best scales');
      });
      const scaled = await factors.remember('scaled', (scope) => {
        const s = uploadMatrix(scope, kept, 1, cols, 's');
        const inverse = uploadMatrix(scope, inverted(kept), 1, cols, '1/s');
        const both = (x: Matrix) => scaleColumns(gpu, scope, x, inverse, inverse);
        return {
          W: scaleColumns(gpu, scope, W, s),
          H: both(H),
          ...(mean ? { magnitude: scaleColumns(gpu, scope, mean, inverse) } : {}),
          ...(problem.cross ? { cross: both(problem.cross) } : {}),
        };
      });
      return {
        problem: { ...withoutKin(problem), ...scaled, factors },
        kept,
        // A half for each column, and a multiplication, where nothing before the site can take 1/s.
        ...(takesFactors(problem.neighbours?.input)
          ? { bits: 0, operations: 0 }
          : { bits: 16 * cols, operations: cols }),
      };
    },

    undo(w, kept, { gpu, scope }) {
      using local = gpu.scope('scales');
      return Promise.resolve(scaleColumns(gpu, scope, w, uploadMatrix(local, inverted(kept), 1, w.cols, '1/s')));
    },
  };
}

/** Mean |x| of every input; behind a rotation, which mixes them, that of normal inputs with the same second moment. [cols] */
async function meanInputs(problem: Posed, gpu: Gpu): Promise<Float32Array> {
  if (problem.magnitude) return readMatrix(gpu, problem.magnitude);
  return (await readDiagonal(gpu, problem)).map((d) => Math.sqrt((2 * d) / Math.PI));
}

const halved = (s: Float32Array) => Float32Array.from(s, halfScale);

const inverted = (s: Float32Array) => Float32Array.from(s, (v) => 1 / v);

/** The error of the module, where there is one to ask for. A site that ends its module has it in H already. */
function moduleErrorOf({ moduleError, neighbours, kin }: Posed, { emit }: Context): Posed['moduleError'] {
  const input = neighbours?.input;
  if (kin) {
    const reason = 'several sites read the norm before this one, and the module needs all of them at once';
    emit({ type: 'fallback-used', wanted: 'error of the module', used: 'error of the layers', reason });
    return undefined;
  }
  if (!moduleError && (!input || input.kind === 'stream')) {
    const reason = input
      ? 'no calibration text is at hand before this block, or several sites read the norm before it'
      : 'these are not all rows and columns that the module runs with';
    emit({ type: 'fallback-used', wanted: 'error of the module', used: 'error of the layer', reason });
  }
  return moduleError;
}

/** The error of the module's output with each candidate. */
async function moduleErrors(
  problem: Posed,
  candidates: readonly Float32Array<ArrayBuffer>[],
  grid: Grid,
  cx: Context,
  errorOf: NonNullable<Posed['moduleError']>,
): Promise<number[]> {
  const losses: number[] = [];
  for (const s of candidates) {
    using scope = cx.gpu.scope('candidate');
    losses.push(await errorOf(await roundScaled(problem, s, grid, { ...cx, scope }, scope)));
    await cx.gpu.pace(cx.signal);
  }
  return losses;
}

/** The scales that lose least in all sites that read the norm, each by as many tokens as reached it. */
async function searchTogether(
  kin: Kin,
  formula: Piece[string] | undefined,
  grid: Grid,
  cx: Context,
): Promise<Float32Array<ArrayBuffer>> {
  const { gpu } = cx;
  const magnitude = await readMatrix(gpu, kin.magnitude);
  let weight: Float32Array | null = null;
  if (formula === 'AutoAWQ') {
    const sum = new Float32Array(magnitude.length);
    let rows = 0;
    for await (const { problem } of kin.problems()) {
      using scope = gpu.scope('relative weights');
      const mean = await readMatrix(gpu, relativeMagnitude(gpu, scope, problem.W, grid.group));
      mean.forEach((value, i) => (sum[i] = (sum[i] as number) + value * problem.W.rows));
      rows += problem.W.rows;
    }
    weight = sum.map((value) => value / rows);
  }
  const candidates = Array.from({ length: steps }, (_, i) => candidateScales(magnitude, i / steps, weight));
  const losses = candidates.map(() => 0);
  for await (const { problem, tokens } of kin.problems()) {
    using scope = gpu.scope('scale search');
    const own = await searchLosses(problem, candidates, grid, { ...cx, scope });
    own.forEach((loss, i) => (losses[i] = (losses[i] as number) + tokens * loss));
  }
  return present(candidates[losses.indexOf(Math.min(...losses))], 'the best scales');
}

/** What each candidate loses when its W' is rounded to nearest: tr(Δ H Δᵀ). */
async function searchLosses(
  problem: Posed,
  candidates: readonly Float32Array<ArrayBuffer>[],
  grid: Grid,
  cx: Context,
): Promise<number[]> {
  const { gpu } = cx;
  const { W } = problem;
  const H = present(problem.H, 'H');
  const all = emptyMatrix(cx.scope, candidates.length, W.rows, 'losses');
  for (const [i, s] of candidates.entries()) {
    using scope = gpu.scope('candidate');
    const What = await roundScaled(problem, s, grid, { ...cx, scope }, scope);
    const loss = proxyLoss(gpu, scope, W, What, H);
    gpu.copy(loss.view, view(all.view.buffer, 4 * i * W.rows, 4 * W.rows));
    await gpu.pace(cx.signal);
  }
  const losses = await readMatrix(gpu, all);
  return candidates.map((_, i) => losses.subarray(i * W.rows, (i + 1) * W.rows).reduce((sum, v) => sum + v, 0));
}

/** Q(W·s)/s, rounded to nearest as the pair behind these scales would be. */
async function roundScaled(
  problem: Posed,
  s: Float32Array<ArrayBuffer>,
  grid: Grid,
  cx: Context,
  scope: Scope,
): Promise<Matrix> {
  const { gpu } = cx;
  assert(grid.width === 1, 'scales are searched on a scalar grid');
  const { W, H, magnitude } = problem;
  const inverse = uploadMatrix(scope, inverted(s), 1, W.cols, '1/s');
  // As published: ranges are cut after the scales are found.
  const trial = grid.unsearched ?? grid;
  const readsInputs = trial.importance !== 'none' || trial.given !== undefined;
  const scaled: Posed = {
    ...problem,
    W: scaleColumns(gpu, scope, W, uploadMatrix(scope, s, 1, W.cols, 's')),
    ...(readsInputs && H && { H: scaleColumns(gpu, scope, H, inverse, inverse) }),
    ...(readsInputs && magnitude && { magnitude: scaleColumns(gpu, scope, magnitude, inverse) }),
    // What the cache of the pair without scales holds would be wrong here.
    factors: FactorCache.of(scope),
  };
  const rounded = await nearestValues(scaled, trial, cx);
  return scaleColumns(gpu, scope, rounded, inverse);
}
