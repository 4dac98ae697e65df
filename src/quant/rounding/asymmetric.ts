/**
 * GPTAQ (arXiv 2504.02692): compensation towards the output of the layer on its inputs in full precision. With x̄ those inputs, x the
 * ones behind quantized blocks, H = mean x xᵀ damped = R Rᵀ, C = mean (x̄ − x) xᵀ, U = R⁻¹ (upper, UᵀU = H⁻¹), Ũ = diag(U)⁻¹ U:
 *   P = α·triu(C Uᵀ, 1) U,   and when column j is rounded, W[:, j:] −= E'_j Ũ[j, j:] − T_j P[j, j:],
 * where T_j is the column as it then stands and E' = T − Ŵ. (The released code lets columns behind a block of 128 see Ŵ P in place of
 * T P, so that results depend on the block; here they do not.)
 *
 * It is the walk of `compensate` on other matrices. All columns at once, with V the weights that a column's errors are counted from:
 *   T = V − E'(Ũ − I),  V = W + T P   ⇒   T (I − P) = W − E'(Ũ − I).
 * With M = (I − P)⁻¹, W' = W M, D' = Ŵ − W' and A = I + (Ũ − I) M:
 *   T = W' − (T − Ŵ)(A − I)   ⇒   (T − Ŵ) A = −D'   ⇒   T = Ŵ − D' A⁻¹ = W' − D'(R̃' − I),  R̃' = A⁻¹,
 * which is ŵ_j = quantize(W'_j − Σ_{k<j} D'_k R̃'[k, j]). Since A = (Ũ − P) M and Ũ⁻¹ = R̃,
 *   R̃' = (I − P)(I − R̃ P)⁻¹ R̃:
 * two solves by unit triangles, and bit for bit that of `compensate` where P = 0. On a grid whose points have several columns, P is
 * nothing within a point, as R̃ is. A group's parameters are fitted on T as it would be if the group were not rounded.
 */
import { matmul } from '../../tensor/matmul';
import { columnRange } from '../../tensor/panels';
import { inverseUpper, rightSolve, strictUpper } from '../../tensor/triangular';
import { assert } from '../../util/assert';
import type { Scope } from '../../gpu/buffers';
import type { Matrix } from '../../tensor/matrix';
import { unitFactor, type Factor } from '../damping';
import type { Context, Rounding } from '../problem';
import type { Piece } from '../recipe/recipe';
import { compensateSteered } from './compensate';
import { compensate } from './compensate.meta';

/** @throws NumericError when H cannot be factored with any damping. */
export function asymmetric(piece: Piece): Rounding {
  const { alpha } = piece;
  assert(typeof alpha === 'number', 'a parsed asymmetric piece');
  return compensateSteered({ ...piece, staleness: 'fresh' }, async (course, factor, problem, grid, cx) => {
    const { cross, factors } = problem;
    if (!cross) {
      cx.emit({
        type: 'fallback-used',
        wanted: 'asymmetric',
        used: compensate.name,
        reason: 'there is no second stream of inputs: calibration is not sequential',
      });
      return course;
    }
    const turned = await factors.remember(`asymmetric ${factor.damping} ${alpha} ${grid.width}`, (scope) =>
      turn(course.W, factor, cross, alpha, grid.width, scope, cx),
    );
    return { W: turned.W, Rt: (scope, begin, end) => columnRange(cx.gpu, scope, turned.Rt, begin, end, end) };
  });
}

/** W' and R̃', owned by `scope`. */
async function turn(
  W: Matrix,
  factor: Factor,
  cross: Matrix,
  alpha: number,
  width: number,
  scope: Scope,
  { gpu, signal }: Context,
): Promise<{ readonly W: Matrix; readonly Rt: Matrix }> {
  using local = gpu.scope('asymmetric');
  // Matrices of H's size are let go as soon as they have been used: of a wide layer each is hundreds of megabytes.
  const used = (...matrices: readonly Matrix[]) => {
    for (const { view } of matrices) local.free(view.buffer);
  };
  const U = inverseUpper(gpu, local, factor.R);
  const tied = matmul(gpu, local, cross, U);
  const moved = strictUpper(gpu, local, tied, { diagonal: 0, factor: alpha, width });
  used(tied);
  await gpu.pace(signal);
  const P = matmul(gpu, local, moved, U, { b: 'plain' });
  used(moved, U);
  const left = strictUpper(gpu, local, P, { diagonal: 1, factor: -1, width });
  const Rt = unitFactor(factor, width, gpu, local);
  const RtP = matmul(gpu, local, Rt, P, { b: 'plain' });
  used(P);
  const right = strictUpper(gpu, local, RtP, { diagonal: 1, factor: -1, width });
  used(RtP);
  await gpu.pace(signal);
  const turned = rightSolve(gpu, local, left, right, 'unit');
  used(right);
  await gpu.pace(signal);
  return {
    W: rightSolve(gpu, scope, W, left, 'unit'),
    Rt: matmul(gpu, scope, turned, Rt, { b: 'plain', label: 'R̃ asymmetric' }),
  };
}
