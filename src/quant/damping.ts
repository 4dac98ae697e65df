/**
 * H + d·mean(diag H)·I = R Rᵀ, with more damping where that fails. Every raise is an event; the published code has no retry, later
 * implementations raise as well. Damping bounds the condition number by 1 + n/d.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { blockUnitUpper } from '../tensor/blockUnitUpper';
import { choleskyFailed, choleskyUpper, unitUpper } from '../tensor/cholesky';
import { diagonal, diagonalMean } from '../tensor/diagonal';
import { readMatrix, uploadMatrix, zeroMatrix, type Matrix } from '../tensor/matrix';
import { columnRange, panelsOf, placeColumns } from '../tensor/panels';
import { rightSolve } from '../tensor/triangular';
import { NumericError } from '../util/errors';
import { createRng } from '../util/rng';
import type { Context, MomentFacts } from './problem';

/** Columns worked on together where R̃ is more than a binding: as few as a block of the walk has. */
const assembled = 128;

/** Damping of 1 swamps H with its own mean: what fails there is not a second moment. */
const strongest = 1;

export interface Factor {
  /** [n, n], upper triangular. */
  readonly R: Matrix;
  readonly damping: number;
  /** R_jj²: what is left of input j once those after it are known, with what damping added to it. */
  readonly pivots: Float32Array;
  /** tr((H + added·I)⁻¹), estimated. */
  readonly inverseTrace: number;
  /** What damping added to every H_jj. */
  readonly added: number;
  /** Every raise, so that a remembered factor can tell each recipe what it took. */
  readonly raises: readonly { readonly from: number; readonly to: number; readonly attempt: number }[];
}

/** Rows of signs whose mean square behind the inverse estimates its trace (Hutchinson, 1989): to some √(2/(32 n)) of n. */
const probes = 32;

async function look(
  gpu: Gpu,
  scope: Scope,
  H: Matrix,
  R: Matrix,
  damping: number,
): Promise<Pick<Factor, 'pivots' | 'added' | 'inverseTrace'>> {
  const rng = createRng(0);
  const signs = Float32Array.from({ length: probes * H.cols }, () => (rng.uniform() < 0.5 ? -1 : 1));
  const [mean = 0] = await readMatrix(gpu, diagonalMean(gpu, scope, H));
  const roots = await readMatrix(gpu, diagonal(gpu, scope, R));
  // tr(R⁻ᵀ R⁻¹) is that of the inverse: the two products of R have one spectrum.
  const behind = await readMatrix(gpu, rightSolve(gpu, scope, uploadMatrix(scope, signs, probes, H.cols, 'signs'), R));
  return {
    pivots: roots.map((root) => root * root),
    added: damping * mean,
    inverseTrace: behind.reduce((sum, v) => sum + v * v, 0) / probes,
  };
}

/** `dead`: 1 where an input never occurs; H has a one in its place, and nothing beside it. */
export function momentFacts(
  { pivots, added, inverseTrace }: Pick<Factor, 'pivots' | 'added' | 'inverseTrace'>,
  dead: ArrayLike<number>,
): MomentFacts {
  const living = pivots.filter((_, j) => !dead[j]);
  const inputs = living.length;
  const trace = inverseTrace - (pivots.length - inputs) / (1 + added);
  return {
    inputs,
    rank: Math.min(inputs, Math.max(0, inputs - added * trace)),
    condition: living.reduce((a, b) => Math.max(a, b), 0) / living.reduce((a, b) => Math.min(a, b), Infinity),
  };
}

/** @throws NumericError when the strongest damping fails too. */
export async function factorise(H: Matrix, damping: number, scope: Scope, cx: Context): Promise<Factor> {
  const raises: Factor['raises'][number][] = [];
  for (let d = damping; ;) {
    using local = cx.gpu.scope('factorise');
    const cholesky = choleskyUpper(cx.gpu, local, H, d);
    const failed = await choleskyFailed(cx.gpu, cholesky);
    if (!failed) {
      const { R } = cholesky;
      const seen = await look(cx.gpu, local, H, R, d);
      local.move(R.view.buffer, scope);
      return { R, damping: d, ...seen, raises };
    }
    if (d >= strongest) {
      throw new NumericError(
        'not-positive-definite',
        `H [${H.rows}, ${H.cols}] is not positive definite with damping ${damping} nor with any up to ${d} of its mean diagonal (${raises.length + 1} attempts); expected a second moment of inputs. Use more calibration text, or rounding to nearest for this layer.`,
        { cols: H.cols, damping, strongest: d, attempts: raises.length + 1 },
      );
    }
    const to = Math.min(strongest, 2 * d);
    raises.push({ from: d, to, attempt: raises.length + 1 });
    d = to;
  }
}

/**
 * Columns [begin, end) of R̃ = R·diag(R)⁻¹, unit upper triangular: what the feedback of the walk multiplies with. [end, end − begin], down
 * to the last of their pivots; owned by the scope. `width`: columns of a point, of which the range holds whole ones; the diagonal is then
 * of blocks of so many columns, and R̃ the factor of block LDLQ.
 */
export function unitColumns(
  { R }: Pick<Factor, 'R'>,
  width: number,
  begin: number,
  end: number,
  gpu: Gpu,
  scope: Scope,
): Matrix {
  using local = gpu.scope('columns of R');
  const columns = begin === 0 && end === R.cols ? R : columnRange(gpu, local, R, begin, end, end);
  return width === 1 ? unitUpper(gpu, scope, columns, begin) : blockUnitUpper(gpu, scope, columns, width, begin);
}

/** The whole R̃ [n, n]. */
export function unitFactor(factor: Pick<Factor, 'R'>, width: number, gpu: Gpu, scope: Scope): Matrix {
  const n = factor.R.cols;
  if (panelsOf(gpu, n, n).length === 1) return unitColumns(factor, width, 0, n, gpu, scope);
  const unit = zeroMatrix(scope, n, n, 'unit R');
  const step = Math.floor(assembled / width) * width;
  for (let begin = 0; begin < n; begin += step) {
    using local = gpu.scope('columns of unit R');
    const end = Math.min(n, begin + step);
    placeColumns(gpu, unitColumns(factor, width, begin, end, gpu, local), unit, begin);
  }
  return unit;
}
