/**
 * The types that carry the design. Everything between calibration and evaluation is a function on the pair (W, H): minimise
 * tr((W − Ŵ) H (W − Ŵ)ᵀ). Transforms rewrite the pair, a grid says what Ŵ may be, rounding picks Ŵ, a correction adds to it.
 */
import type { Scope, View } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Matrix } from '../tensor/matrix';
import type { Rng } from '../util/rng';
import type { FactorCache } from './factorCache';
import type { GridShader } from './grid/shaders';

/** W [out, in]; H [in, in], the mean of x xᵀ over calibration tokens, undamped. H may be absent where no piece reads it. */
export interface LayerProblem {
  readonly W: Matrix;
  readonly H?: Matrix;
  /** What was computed from (W, H) for other grids; give the same cache with the same pair, and one Cholesky serves all widths. */
  readonly factors?: FactorCache;
}

/** A problem on its way through the pieces: the cache is always there. */
export interface Posed extends LayerProblem {
  readonly factors: FactorCache;
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

export interface Shape {
  readonly rows: number;
  readonly cols: number;
}

/** A change of basis: rewrites the problem so that it is easier to round, and knows the way back. */
export interface Transform {
  fit(problem: Posed, grid: Grid, cx: Context): Promise<Fitted>;
}
export interface Fitted {
  readonly problem: Posed;
  /** For each column of the new problem, the original one; absent when columns kept their places. Codes are stored un-permuted. */
  readonly columnOrder?: Uint32Array<ArrayBuffer>;
  undo(w: Matrix, cx: Context): Promise<Matrix>;
  /** Storage of the transform itself, bits. */
  readonly extraBits: number;
}

/**
 * The values Ŵ may take. Its arithmetic is WGSL: the named file in shaders/grid defines quantize, value_of and fit_group, and is
 * concatenated to each rounding kernel, so a fit sees compensated weights wherever the rounding asks for it.
 */
export interface Grid {
  /** Columns rounded together: 1 for scalars, 8 for E8. */
  readonly width: number;
  /** Columns that share parameters; Infinity when a row does. */
  readonly group: number;
  readonly shader: GridShader;
  /** `override` constants of the shader: what is the same for every width. */
  readonly constants: Readonly<Record<string, number>>;
  /** Bits of a code. */
  readonly bits: number;
  /** Bits that a scale and a zero take where the layer is written. */
  readonly scaleBits: number;
  readonly zeroBits: number;
}

/** Which columns share parameters. `groups` of them; group g is fitted on the columns position[g·size .. (g+1)·size). */
export interface GroupMap {
  /** Parameter sets per row. */
  readonly groups: number;
  readonly size: number;
  /** [cols] u32: the group of each column. */
  readonly groupOf: View;
  /** [cols] u32: where the columns of the groups, in turn, lie in W. */
  readonly position: View;
}

/** Codes on the GPU: [rows, cols] u32, one code to a word. */
export interface Codes {
  readonly view: View;
  readonly rows: number;
  readonly cols: number;
}

export interface Rounded {
  readonly codes: Codes;
  /** [rows, 2 × groups] f32: scale and zero of each group in turn. */
  readonly parameters: Matrix;
  /** Group of each column, in the column order of the problem that was rounded. */
  readonly groupOf: Uint32Array<ArrayBuffer>;
  /** Relative damping that was needed; 0 when H was not used. */
  readonly damping: number;
}

/** Chooses codes on the grid. The result is owned by `cx.scope`. `columnOrder` as in Fitted. */
export type Rounding = (
  problem: Posed,
  grid: Grid,
  cx: Context,
  columnOrder?: Uint32Array<ArrayBuffer>,
) => Promise<Rounded>;

/** Takes a part out of the problem before rounding, or fits what is left after it. */
export interface Correction {
  before?(problem: Posed, cx: Context): Promise<{ readonly problem: Posed; readonly part: Matrix }>;
  after?(problem: Posed, What: Matrix, cx: Context): Promise<Matrix>;
  bits(shape: Shape): number;
}
