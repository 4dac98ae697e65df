/** Any recipe of the literature on one problem in float64: the parts of src/reference put together as recipes put pieces together. */
import { tensorMultiplier } from '../../../src/quant/grid/tensor';
import type { Piece, Recipe } from '../../../src/quant/recipe/recipe';
import { activationOrder, groupAwareOrder } from '../../../src/quant/transform/permute';
import { roundAwq } from '../../../src/reference/awq';
import { pointFactor, roundE8p } from '../../../src/reference/blockLdlq';
import { choleskyUpper } from '../../../src/reference/cholesky';
import { descend } from '../../../src/reference/descend';
import type { E8pBits } from '../../../src/reference/e8p';
import { fitKept, pick, schur, weakColumns } from '../../../src/reference/keep';
import { matmul } from '../../../src/reference/matmul';
import { nearest } from '../../../src/reference/nearest';
import { partial } from '../../../src/reference/partial';
import { quipRound } from '../../../src/reference/quip';
import { svd } from '../../../src/reference/svd';
import type { UniformOptions } from '../../../src/reference/uniform';
import { crossUpdate, inverseFactor, reorder, walk } from '../../../src/reference/walk';
import { f16ToF32, f32ToF16 } from '../../../src/util/halfFloat';
import { withDamping } from '../fixture';
import { gridOf, nearestOn } from './grids';
import { diagonalOf, remember, type Follow, type State, type TwinProblem } from './state';
import { transformed } from './transforms';

export interface TwinSolved {
  /** [rows, cols]. */
  readonly What: Float64Array;
  /** A matrix of the problem as the grid sees it: on the grid's levels where it is Ŵ. */
  readonly inside: (What: ArrayLike<number>) => ArrayLike<number>;
  /** Ŵ as the grid sees it, before a low rank is added. */
  readonly inner: Float64Array;
  /** [rows, columns of the codes] where the grid has one for each weight and the twin knows it. */
  readonly codes: Uint8Array | null;
  /** Fits of the solver that were followed, and how many of them are not those of float64. */
  readonly fits: { readonly count: number; readonly off: number };
}

interface Rounded {
  readonly What: ArrayLike<number>;
  readonly codes: Uint8Array | null;
}
const alone = (What: ArrayLike<number>): Rounded => ({ What, codes: null });

function orderOf(state: State, group: number): ArrayLike<number> {
  const diagonal = diagonalOf(state);
  switch (state.order) {
    case 'activation':
      return activationOrder(diagonal);
    case 'group-aware':
      return groupAwareOrder(diagonal, group);
    case 'reversed':
      return Array.from(diagonal.keys()).reverse();
    case null:
      return Array.from(diagonal.keys());
  }
}

/** Ŵ of the state's W. */
function rounded(state: State, { grid, rounding }: Recipe): Rounded {
  const { W, H, rows, cols, key } = state;
  const compensates = rounding.name !== 'nearest';
  const damping = rounding['damping'] as number;
  if (grid.name === 'awq' && !compensates) {
    const metric = grid['clip'] ? H : undefined;
    return alone(roundAwq(W, rows, cols, grid['bits'] as number, grid['group'] as number | null, metric));
  }
  if (grid.name === 'e8p') {
    const R = remember(state, key && `point factor ${key}`, () => pointFactor(H, cols, damping));
    return roundE8p(W, compensates ? R : null, rows, cols, grid['bits'] as E8pBits, state.follow?.What);
  }
  const passes = rounding['passes'] as number | undefined;
  if (grid.name === 'tensor' && passes) {
    const bits = grid['bits'] as number;
    return alone(
      quipRound(W, H, rows, cols, { bits, multiplier: tensorMultiplier(grid['multiplier'], bits), damping, passes }),
    );
  }
  if (grid.name === 'partial') {
    const U = remember(state, key && `factor ${key}`, () => inverseFactor(H, cols, damping));
    const What = new Float64Array(rows * cols);
    let begin = 0;
    for (const part of state.parts) {
      const own = Float64Array.from({ length: part.rows * cols }, (_, at) => W[begin * cols + at] as number);
      const statistics = grid['statistics'] as 'corrected' | 'published';
      const options = { share: grid['binary'] as number, statistics, U, compensate: compensates };
      What.set(partial(own, part.rows, cols, options), begin * cols);
      begin += part.rows;
    }
    return alone(What);
  }
  const levels = gridOf(state, grid);
  if (!compensates) return nearestOn(state, levels);
  if (rounding.name === 'descend') {
    const { group } = levels;
    const Hd = withDamping(H, cols, damping);
    const options = grid as unknown as UniformOptions;
    const { parameters } = nearest(W, rows, cols, group, options);
    if (state.follow) {
      // Where the solver has arrived, another sweep finds nothing to do.
      const next = descend(W, Hd, rows, cols, parameters, group, options.bits, state.follow.What, false, 1);
      return alone(next[0] as Float64Array);
    }
    const sweeps = rounding['sweeps'] as number;
    return alone(descend(W, Hd, rows, cols, parameters, group, options.bits, W, true, sweeps).at(-1) as Float64Array);
  }
  const order = orderOf(state, levels.group);
  const name = `${key} ${state.order} ${state.order === 'group-aware' ? levels.group : ''} ${damping}`;
  const U = remember(state, key && `inverse factor ${name}`, () =>
    inverseFactor(reorder(H, cols, order), cols, damping),
  );
  const P =
    rounding.name === 'asymmetric'
      ? remember(state, key && `cross ${name} ${String(rounding['alpha'])}`, () =>
          crossUpdate(reorder(state.cross, cols, order), U, cols, rounding['alpha'] as number),
        )
      : null;
  const groups = rounding['groups'] === 'static' ? 'static' : 'dynamic';
  return walk(W, U, rows, cols, levels, { groups, order, P, follow: state.follow?.What ?? null });
}

/** Kept columns: the problem of the others is rounded, then they are fitted. */
function roundedAmongKept(state: State, recipe: Recipe, share: number): Rounded {
  const { W, H, rows, cols } = state;
  // Which columns are weak is found before the solver has decided anything.
  const { What: plain } = nearestOn(state, gridOf({ ...state, follow: null }, recipe.grid));
  const kept = weakColumns(W, plain, H, rows, cols, Math.min(cols - 1, Math.max(1, Math.round(share * cols))));
  const others = Array.from({ length: cols }, (_, j) => j).filter((j) => !kept.includes(j));
  const mean = diagonalOf(state).reduce((sum, d) => sum + d, 0) / cols;
  const { pull, rest } = schur(H, cols, kept, others, 0.01 * mean);
  const all = Array.from({ length: rows }, (_, r) => r);
  const left = {
    ...state,
    W: pick(W, cols, all, others),
    H: rest,
    cols: others.length,
    key: null,
    follow: state.follow && { ...state.follow, What: pick(state.follow.What, cols, all, others) },
  };
  const { What: inner, ...decided } = rounded(left, recipe);
  const fit = fitKept(W, inner, rows, cols, kept, others, pull).map((v) => f16ToF32(f32ToF16(v)));
  const What = new Float64Array(rows * cols);
  all.forEach((r) => {
    others.forEach((j, i) => (What[r * cols + j] = inner[r * others.length + i] as number));
    kept.forEach((j, i) => (What[r * cols + j] = fit[r * kept.length + i] as number));
  });
  return { ...decided, What };
}

/** Ŵ + U_r U_rᵀ E, U_r the strongest left directions of E, or of E·R: the metric's factor cancels. */
function withLowRank(problem: TwinProblem, What: ArrayLike<number>, piece: Piece): Float64Array {
  const { W, H, rows, cols } = problem;
  const E = Float64Array.from({ length: rows * cols }, (_, at) => (W[at] as number) - (What[at] as number));
  const factor = () => remember(problem, 'factor of the inputs', () => choleskyUpper(H, cols, 0.01) as Float64Array);
  const measured = piece['metric'] === 'inputs' ? matmul(E, factor(), rows, cols, cols, 'plain') : E;
  const { U } = svd(measured, rows, cols);
  const rank = piece['rank'] as number;
  const strongest = Float64Array.from({ length: rows * rank }, (_, at) => {
    return U[Math.floor(at / rank) * rows + (at % rank)] as number;
  });
  const shares = matmul(matmul(strongest, strongest, rows, rows, rank), E, rows, cols, rows, 'plain');
  return shares.map((v, at) => v + (What[at] as number));
}

/**
 * `follow`: every decision of a walk is then that of float64 after the decisions that the solver took before it, on its parameters, and
 * the low rank is that of the solver's error: a near-tie does not lead the rest of its row another way.
 */
export function solveTwin(problem: TwinProblem, recipe: Recipe, follow: Follow | null = null): TwinSolved {
  const same = (x: ArrayLike<number>) => x;
  let state: State = { ...problem, key: 'given', order: null, forth: same, back: same, follow: null };
  const keep = recipe.correction.find(({ name }) => name === 'keep');
  const lowRank = recipe.correction.find(({ name }) => name === 'lowRank');
  for (const piece of recipe.transform) state = transformed(state, piece, recipe);
  const fits = { count: 0, off: 0 };
  state = { ...state, follow: follow && { ...follow, What: state.forth(follow.What), fits } };
  const { What: inside, codes } = keep
    ? roundedAmongKept(state, recipe, keep['share'] as number)
    : rounded(state, recipe);
  const inner = Float64Array.from(inside);
  const back = Float64Array.from(state.back(inner));
  const What = lowRank ? withLowRank(problem, follow?.What ?? back, lowRank) : back;
  return { What, inner, codes, fits, inside: state.forth };
}
