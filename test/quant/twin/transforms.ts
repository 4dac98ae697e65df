/** Transforms of the float64 twin: scales and bases, from src/reference. */
import { incoherenceScales } from '../../../src/quant/transform/incohere';
import type { Piece, Recipe } from '../../../src/quant/recipe/recipe';
import { roundAwq, searchScales } from '../../../src/reference/awq';
import { hadamardBasis, kroneckerBasis, turnColumns, turnRows, type Basis } from '../../../src/reference/bases';
import { columnEnergy } from '../../../src/reference/columnEnergy';
import { createRng } from '../../../src/util/rng';
import { gridOf, nearestOn } from './grids';
import { diagonalOf, inverted, ones, remember, rms, scaled, type State } from './state';

/** W' = U diag(byRows) W diag(s) Vᵀ, moments to match. */
function changed(
  state: State,
  name: string | null,
  s: ArrayLike<number>,
  byRows: ArrayLike<number>,
  V: Basis | null,
  turnedRows: (x: ArrayLike<number>, way: 'forward' | 'inverse') => ArrayLike<number>,
): State {
  const { cols, W, H, cross } = state;
  // What follows from scales that depend on the grid is not remembered.
  const key = name && state.key && `${state.key} ${name}`;
  const columns = (x: ArrayLike<number>, way: 'forward' | 'inverse' = 'forward') => (V ? turnColumns(x, V, way) : x);
  const moment = (M: ArrayLike<number>) => {
    const free = columns(scaled(M, cols, inverted(s), inverted(s)));
    return V ? turnRows(free, cols, cols, V) : free;
  };
  const moments = remember(state, key && `moments ${key}`, () => ({ H: moment(H), cross: moment(cross) }));
  const forth = (x: ArrayLike<number>) => turnedRows(columns(scaled(x, cols, s, byRows)), 'forward');
  const back = (x: ArrayLike<number>) =>
    scaled(columns(turnedRows(x, 'inverse'), 'inverse'), cols, inverted(s), inverted(byRows));
  return {
    ...state,
    ...moments,
    key,
    W: forth(W),
    // A rotation mixes inputs; their means are read from H then.
    magnitude: V
      ? Float64Array.from({ length: cols }, (_, j) => Math.sqrt((2 * (moments.H[j * (cols + 1)] as number)) / Math.PI))
      : scaled(state.magnitude, cols, inverted(s)),
    forth: (x) => forth(state.forth(x)),
    back: (x) => state.back(back(x)),
  };
}

/** One over the root mean square of each row's matrix. */
function balance({ W, cols, parts }: State): Float64Array {
  let begin = 0;
  return Float64Array.from(
    parts.flatMap((part) => {
      const own = rms(Array.from({ length: part.rows * cols }, (_, at) => W[begin * cols + at] as number));
      begin += part.rows;
      return new Array<number>(part.rows).fill(1 / own);
    }),
  );
}

const seeded = (name: string) => {
  const draw = createRng(1).fork(name);
  const [high, low] = [draw.integer(65_536), draw.integer(65_536)];
  return createRng(high * 65_536 + low);
};

export function transformed(state: State, piece: Piece, recipe: Recipe): State {
  const { rows, cols, W } = state;
  const rotateRows = (U: Basis) => (x: ArrayLike<number>, way: 'forward' | 'inverse') =>
    turnRows(x, rows, cols, U, way);
  switch (piece.name) {
    case 'permute':
      return { ...state, order: piece['order'] as State['order'] };
    case 'scale': {
      const s = chosenScales(state, piece, recipe.grid);
      return changed(state, null, s, ones(rows), null, (x) => x);
    }
    case 'hadamard': {
      const U = hadamardBasis(rows, createRng(1).fork('hadamard rows'));
      const V = hadamardBasis(cols, createRng(1).fork('hadamard columns'));
      return changed(state, 'hadamard', ones(cols), balance(state), V, rotateRows(U));
    }
    case 'incohere': {
      const rng = seeded('incohere');
      const [U, V] = [kroneckerBasis(rows, rng.fork('U')), kroneckerBasis(cols, rng.fork('V'))];
      const byRows = balance(state);
      const level = scaled(W, cols, ones(cols), byRows);
      const squares = columnEnergy(level, new Float64Array(rows * cols), rows, cols);
      return changed(state, 'incohere', incoherenceScales(diagonalOf(state), squares), byRows, V, rotateRows(U));
    }
    case 'rotate': {
      const rng = seeded('rotate');
      const V = hadamardBasis(cols, rng.fork(`R1 ${cols}`));
      const heads = (x: ArrayLike<number>, way: 'forward' | 'inverse') => {
        const y = Float64Array.from(x);
        let begin = 0;
        for (const { rows, kind, size } of state.parts) {
          const part = y.slice(begin * cols, (begin + rows) * cols);
          if (kind === 'heads') {
            y.set(turnRows(part, rows, cols, hadamardBasis(size, rng.fork(`R2 ${size}`)), way), begin * cols);
          }
          begin += rows;
        }
        return y;
      };
      return changed(state, 'rotate', state.gains, ones(rows), V, heads);
    }
  }
  throw new Error(`no twin of the transform ${piece.name}`);
}

/** AWQ's scales: the first of the least losses of its candidates. */
function chosenScales(state: State, { formula, search }: Piece, grid: Piece): Float64Array {
  const { rows, cols } = state;
  const group = (grid['group'] ?? null) as number | null;
  const round = (W: Float64Array) =>
    grid.name === 'awq'
      ? roundAwq(W, rows, cols, grid['bits'] as number, group)
      : nearestOn({ ...state, W }, gridOf(state, grid)).What;
  const H = search === 'module' ? state.moduleMoment : state.H;
  const { scales, losses } = searchScales({ ...state, H }, round, formula as 'llm-awq' | 'AutoAWQ', group);
  return scales[losses.indexOf(Math.min(...losses))] as Float64Array;
}
