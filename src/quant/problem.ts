/**
 * The types that carry the design. Everything between calibration and evaluation is a function on the pair (W, H): minimise
 * tr((W − Ŵ) H (W − Ŵ)ᵀ). Transforms rewrite the pair, a grid says what Ŵ may be, rounding picks Ŵ, a correction adds to it.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Matrix } from '../tensor/matrix';
import type { Rng } from '../util/rng';

/** W [out, in]; H [in, in], the mean of x xᵀ over calibration tokens, undamped. */
export interface LayerProblem {
  readonly W: Matrix;
  readonly H: Matrix;
}

/** Passed, never global. */
export interface Context {
  readonly gpu: Gpu;
  /** Owns what a call returns; temporaries live in scopes of the callee. */
  readonly scope: Scope;
  readonly signal: AbortSignal;
  readonly rng: Rng;
  readonly emit: (event: QuantEvent) => void;
}

/** What the mathematics has to say. The lab adds point, block and site and puts it in the log. */
export type QuantEvent =
  /** H + from·mean(diag H)·I was not positive definite; the next attempt uses `to`. */
  | { readonly type: 'damping-raised'; readonly from: number; readonly to: number; readonly attempt: number }
  /** A named method was not applicable here, and this named one was used. */
  | { readonly type: 'fallback-used'; readonly wanted: string; readonly used: string; readonly reason: string };

/** Columns [begin, end) of a matrix. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

export interface Shape {
  readonly rows: number;
  readonly cols: number;
}

/** A change of basis: rewrites the problem so that it is easier to round, and knows the way back. */
export interface Transform {
  fit(problem: LayerProblem, grid: Grid, cx: Context): Promise<Fitted>;
}
export interface Fitted {
  readonly problem: LayerProblem;
  /** For each column of the new problem, the original one; absent when columns kept their places. */
  readonly columnOrder?: Uint32Array;
  undo(w: Matrix, cx: Context): Promise<Matrix>;
  /** Storage of the transform itself, bits. */
  readonly extraBits: number;
}

/** The values Ŵ may take. */
export interface Grid {
  /** Columns rounded together: 1 for scalars, 8 for E8. */
  readonly width: number;
  /** Columns that share parameters; Infinity when a row does. */
  readonly group: number;
  /** Fits parameters on these columns of W (which may be compensated already). */
  fit(W: Matrix, columns: Range, cx: Context, H?: Matrix): Promise<FittedGrid>;
  /** Storage of a matrix on this grid, codes and parameters, bits. */
  bits(shape: Shape): number;
}

/** Parameters of a grid, on the GPU, for one range of columns. */
export interface FittedGrid {
  readonly columns: Range;
  /** [rows, 2 × groups]: scale and zero of each row and group in turn. */
  readonly parameters: Matrix;
}

/** Ŵ and the codes that store it. */
export interface Rounded {
  readonly What: Matrix;
  /** [out, in] unsigned codes, one to a 32-bit word. */
  readonly codes: Matrix;
  /** Relative damping that was needed; 0 when H was not used. */
  readonly damping: number;
}

/** Chooses Ŵ on the grid. Asks the grid to fit again when it enters a new group, so that scales see compensated weights. */
export type Rounding = (problem: LayerProblem, grid: Grid, cx: Context, columnOrder?: Uint32Array) => Promise<Rounded>;

/** Takes a part out of the problem before rounding, or fits what is left after it. */
export interface Correction {
  before?(problem: LayerProblem, cx: Context): Promise<{ readonly problem: LayerProblem; readonly part: Matrix }>;
  after?(problem: LayerProblem, What: Matrix, cx: Context): Promise<Matrix>;
  bits(shape: Shape): number;
}
