/**
 * The types that carry the design. Everything between calibration and evaluation is a function on the pair (W, H): minimise
 * tr((W − Ŵ) H (W − Ŵ)ᵀ). Transforms rewrite the pair, a grid says what Ŵ may be, rounding picks Ŵ, a correction adds to it.
 */
import type { Scope, View } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import type { Matrix } from '../tensor/matrix';
import type { Rng } from '../util/rng';
import type { FactorCache } from './factorCache';
import type { StoredLayer } from './storedLayer';

/** W [out, in]; H [in, in], the mean of x xᵀ over calibration tokens, undamped. H may be absent where no piece reads it. */
export interface LayerProblem {
  readonly W: Matrix;
  readonly H?: Matrix;
  /** [1, in]: mean |x| of each input. With H. */
  readonly magnitude?: Matrix;
  /** [in, in]: mean of (x̄ − x) xᵀ, x̄ the input in full precision and x the one behind quantized blocks. Sequential calibration only. */
  readonly cross?: Matrix;
  readonly neighbours?: Neighbours;
  /**
   * Mean squared error of the output of the module (attention, MLP) when W is Ŵ; in the basis of the model alone. Absent where the
   * module ends with this site (the error is then the quadratic form in H) and where no text is at hand.
   */
  readonly moduleError?: (What: Matrix) => Promise<number>;
  /** Where several sites read the norm before this one, and are solved by one recipe. */
  readonly kin?: Kin;
  /** What was computed from (W, H) for other grids; give the same cache with the same pair, and one Cholesky serves all widths. */
  readonly factors?: FactorCache;
}

/**
 * What lies around a site, as far as a change of basis can pass into it at no cost when the model runs. In terms of rows and columns
 * alone: `stream` is the residual stream, read through a norm with gains; `heads` are attention heads side by side, each produced
 * once and read by `repeat` query heads; `channels` are produced one by one, each linear in one row of its producer; nothing passes into
 * what is `fixed`.
 */
export interface Neighbours {
  /** Absent where nothing before the site can take what its columns give. */
  readonly input?:
    | StreamInput
    | { readonly kind: 'heads'; readonly size: number; readonly repeat: number }
    | { readonly kind: 'channels' }
    | { readonly kind: 'fixed' };
  /**
   * Ranges of rows from top to bottom, and what reads them. `branch`: a stream that keeps its basis; `fixed`: nothing may change; `scores`: nor
   * here, queries and keys.
   */
  readonly outputs: readonly (
    | { readonly kind: 'branch' | 'channels' | 'scores' | 'fixed'; readonly rows: number }
    | { readonly kind: 'stream'; readonly rows: number; readonly centred?: boolean }
    | { readonly kind: 'heads'; readonly rows: number; readonly size: number }
  )[];
}

export interface StreamInput {
  readonly kind: 'stream';
  /** [1, in] f32, of the norm before; null where the stream is read as it is. */
  readonly gains: Matrix | null;
  /** Whether the stream of the model can be turned into another basis. */
  readonly turns: boolean;
  /** Whether the gains can be scaled: nothing but this input is made with them, or what else is agrees (`kin`). */
  readonly scales: boolean;
}

/** Sites that read one norm, as far as they have to agree on factors of its gains. */
export interface Kin {
  /** Makes what all of them agree on, once for each key. */
  agree(key: string, make: () => Promise<Float32Array<ArrayBuffer>>): Promise<Float32Array<ArrayBuffer>>;
  /** [1, in]: mean |x| over all tokens. */
  readonly magnitude: Matrix;
  /** One after another: each with the tokens that reached it, over which its H is a mean. What one is given lives until the next is asked for. */
  problems(): AsyncGenerator<{ readonly problem: Posed; readonly tokens: number }>;
}

/** Whether what stands before the site can take a factor for each of its inputs. */
export const takesFactors = (input: Neighbours['input']): boolean =>
  input !== undefined && input.kind !== 'fixed' && (input.kind !== 'stream' || input.scales);

/** A problem on its way through the pieces: the cache is always there. */
export interface Posed extends LayerProblem {
  readonly factors: FactorCache;
}

/** The problem without its kin, behind a change of its columns that they do not make: nothing can be agreed on with them any more. */
export function withoutKin<P extends LayerProblem>(problem: P): P {
  const { kin, neighbours, ...rest } = problem;
  if (!kin) return problem;
  const input = neighbours?.input;
  const around =
    neighbours && input?.kind === 'stream' ? { ...neighbours, input: { ...input, scales: false } } : neighbours;
  return { ...rest, ...(around && { neighbours: around }) } as P;
}

/** Passed, never global. */
export interface Context {
  readonly gpu: Gpu;
  /** Owns what a call returns; temporaries live in scopes of the callee. */
  readonly scope: Scope;
  readonly signal: AbortSignal;
  /** Of this layer. */
  readonly rng: Rng;
  /** The same for every layer of the model: what neighbours must agree on. */
  readonly shared: Rng;
  readonly emit: (event: QuantEvent) => void;
}

/** What the mathematics has to say. The lab adds point, block and site and puts it in the log. */
export type QuantEvent =
  /** H + from·mean(diag H)·I was not positive definite; the next attempt uses `to`. */
  | { readonly type: 'damping-raised'; readonly from: number; readonly to: number; readonly attempt: number }
  /** A named method was not applicable here, and this named one was used. */
  | { readonly type: 'fallback-used'; readonly wanted: string; readonly used: string; readonly reason: string };

/** What undoing needs of a context. */
export type Undoing = Pick<Context, 'gpu' | 'scope'>;

/** A change of basis: rewrites the problem so that it is easier to round, and knows the way back. */
export interface Transform {
  fit(problem: Posed, grid: Grid, cx: Context): Promise<Fitted>;
  /** Ŵ in the basis before, from Ŵ in the basis after; owned by cx.scope. The same arithmetic for a solved and a restored layer. */
  undo(w: Matrix, kept: Float32Array<ArrayBuffer>, cx: Undoing): Promise<Matrix>;
  /** Of a transform that neighbours absorb: what the whole model has to take for its outputs to stay. `shared`: of the run. */
  readonly absorbed?: (shared: Rng) => Absorbed;
}
/** Rotations of the V of rotation.ts, by what they turn: the residual stream of a width, value heads of a size. */
export interface Absorbed {
  readonly stream: (width: number) => Turning;
  readonly heads: (size: number) => Turning;
}
/** A rotation V. */
export interface Turning {
  /** x·Vᵀ ('forward') or x·V ('inverse') of x [rows, cols] f32; owned by the scope. */
  turn(gpu: Gpu, scope: Scope, x: Matrix, direction: Direction): Matrix;
}
export type Direction = 'forward' | 'inverse';
export interface Fitted {
  readonly problem: Posed;
  /** For each column of the new problem, the original one; absent when columns kept their places. Codes are stored un-permuted. */
  readonly columnOrder?: Uint32Array<ArrayBuffer>;
  /** All that `undo` needs; empty where it needs nothing. Stored with the layer. */
  readonly kept: Float32Array<ArrayBuffer>;
  /** Storage of the transform itself, bits; 0 where neighbours absorb it. */
  readonly bits: number;
  /**
   * Operations of the transform itself for each token that reaches the layer, when the model runs: each an addition, a multiplication, or the
   * two in one, so that the layer's own are rows × cols. 0 where neighbours absorb it.
   */
  readonly operations: number;
  /** Of a transform that neighbours absorb: what they cannot, and the input goes through just before the layer when the model runs. */
  readonly online?: Turning;
}
export const nothingKept = new Float32Array();

/**
 * The values Ŵ may take. Its arithmetic is WGSL: the named file in shaders/grid defines fit and either quantize and value_of (scalar
 * grids) or round_point and point_of, and is concatenated to each rounding kernel, so a fit sees compensated weights wherever the
 * rounding asks for it.
 */
export interface Grid {
  /** Columns rounded together: 1 for scalars, 8 for E8. Problems are padded with empty columns to a multiple. */
  readonly width: number;
  /** Columns whose parameters are fitted together; Infinity for a whole row. */
  readonly group: number;
  /** Parameter sets of such a group (SETS in the WGSL), and which of them a column at an offset in the group has. */
  readonly sets: number;
  readonly setOf: (offset: number) => number;
  readonly shader: string;
  /** `override` constants of the shader: what is the same for every width. */
  readonly constants: Readonly<Record<string, number>>;
  /** Bits of a code. */
  readonly bits: number;
  /** What weighs errors in a fit: nothing, or the diagonal of H. */
  readonly importance: 'none' | 'inputs';
  /** Operations of a fit for each weight. */
  readonly fitWork: number;
  /** Operations of rounding a weight, where they are many more than those of a scalar grid. */
  readonly roundWork?: number;
  /** Parameters that are not fitted group by group. */
  given?(problem: Posed, cx: Context): Promise<Given>;
  /** The same grid without its own search of parameters, for searches of something else that round many times; itself where absent. */
  readonly unsearched?: Grid;
  readonly storage: GridStorage;
  /** Where the columns of this layer do not fit the format that was asked for: what is used in its place, and why. */
  readonly fallback?: { readonly wanted: string; readonly used: string; readonly reason: string };
  /** Tells grids with different options apart in a cache; given by makeGrid. */
  readonly key?: string;
}

export interface Given {
  /** [rows, 2 × sets of a row] f32, owned by the context's scope. */
  readonly parameters: Matrix;
  /** What the grid has decided for each weight; the rounding replaces it by codes. */
  readonly decided?: Codes;
}

/** Codes and parameters as an exported format holds them. Bits are those of the bytes, save the filling of the last byte of a part. */
export interface GridStorage {
  bits(stored: StoredLayer): number;
  write(stored: StoredLayer): Uint8Array<ArrayBuffer>;
}

/** Which columns share parameters. Group g of columns is fitted on the columns position[g·size .. (g+1)·size). */
export interface GroupMap {
  /** Parameter sets per row: those of all groups. */
  readonly groups: number;
  /** Columns per group. */
  readonly size: number;
  /** [cols] u32: the parameter set of each column. */
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
  /** [rows, 2 × sets of a row] f32, the grid's parameters. */
  readonly parameters: Matrix;
  /** Parameter set of each column, in the column order of the problem that was rounded. */
  readonly groupOf: Uint32Array<ArrayBuffer>;
  /** Relative damping that was needed; 0 when H was not used. */
  readonly damping: number;
  /** Of H, where it was factored. */
  readonly moment?: MomentFacts;
}

/** How much of H its tokens have filled. */
export interface MomentFacts {
  /** Inputs that ever occurred. */
  readonly inputs: number;
  /** Effective rank tr(H (H + λI)⁻¹), λ the damping: directions that stand out of it. At most the tokens. Estimated to about 1 % of the inputs. */
  readonly rank: number;
  /** Largest pivot of the factor over the smallest; damping bounds it. */
  readonly condition: number;
}

/** Chooses codes on the grid. The result is owned by `cx.scope`. `columnOrder` as in Fitted. */
export type Rounding = (
  problem: Posed,
  grid: Grid,
  cx: Context,
  columnOrder?: Uint32Array<ArrayBuffer>,
) => Promise<Rounded>;

/** Takes a part out of the problem before it is transformed and rounded, or fits what is left after it. */
export interface Correction {
  before?(problem: Posed, grid: Grid, cx: Context): Promise<Posed>;
  /** `problem` is the one that `before` was given, `What` the result for the one that it returned. */
  after(problem: Posed, What: Matrix, cx: Context): Promise<Corrected>;
  /** Ŵ with the part put back; owned by cx.scope. The same arithmetic for a solved and a restored layer. */
  apply(What: Matrix, kept: Float32Array<ArrayBuffer>, cx: Undoing): Promise<Matrix>;
}
export interface Corrected {
  /** All that `apply` needs. Stored with the layer. */
  readonly kept: Float32Array<ArrayBuffer>;
  /** Storage of the correction, bits. */
  readonly bits: number;
  /** Operations of the correction for each token when the model runs, counted as those of a transform. */
  readonly operations: number;
}
