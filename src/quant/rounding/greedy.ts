/**
 * Greedy passes of QuIP (arXiv 2307.13304, section 3.2): coordinate descent on the proxy loss after the walk. With Ŵ the rounded
 * weights so far, S = Ŵ − W and H̃[k, j] = H[k, j] / H[j, j], each column in turn becomes
 *   ŵ_j = quantize(W_j − Σ_{k≠j} S_k H̃[k, j]),
 * S as it then is. That is the walk of compensate.ts with Ŵ for W, H̃ for R̃ and −S·H̃ of the start of the pass added. Codes are
 * clamped to the grid as they are chosen (as published: after the pass), so a pass never loses more.
 */
import { view } from '../../gpu/buffers';
import type { Scope } from '../../gpu/buffers';
import { diagonal } from '../../tensor/diagonal';
import { addInto } from '../../tensor/elementwise';
import { matmul } from '../../tensor/matmul';
import { emptyMatrix, readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { columnRange } from '../../tensor/panels';
import { scaleColumns } from '../../tensor/scaleColumns';
import { assert, present } from '../../util/assert';
import { uploadOrder } from '../columns';
import type { Grouping } from '../groups';
import type { Codes, Context, Grid, Posed } from '../problem';
import { dequantize } from './dequantize';

interface Greedy {
  readonly problem: Posed;
  /** The weights that were rounded: dead columns are zero. */
  readonly W: Matrix;
  readonly grid: Grid;
  readonly map: Grouping;
  readonly parameters: Matrix;
  readonly codes: Codes;
  readonly damping: number;
}

/** What the walk is given in a pass: Ŵ of the pass before, columns of H̃, and −S·H̃. */
export interface GreedyStep {
  readonly W: Matrix;
  readonly Rt: (scope: Scope, begin: number, end: number) => Matrix;
  readonly added: Matrix;
}

/** Replaces the codes by those after `passes` passes. `walk`: of compensate.ts. */
export async function greedyPasses(
  { problem, W, grid, map, parameters, codes, damping }: Greedy,
  passes: number,
  walk: (step: GreedyStep) => Promise<void>,
  cx: Context,
): Promise<void> {
  const { gpu } = cx;
  assert(grid.width === 1, 'greedy passes are over single columns');
  const { factor, rest } = await problem.factors.moment.remember(`greedy ${damping}`, (scope) =>
    greedyFactor(present(problem.H, 'H'), damping, { ...cx, scope }),
  );
  for (let pass = 0; pass < passes; pass++) {
    using scope = gpu.scope('greedy pass');
    const local = { ...cx, scope };
    const What = dequantize(codes, parameters, uploadOrder(scope, map.columns), grid, local);
    const S = emptyMatrix(scope, W.rows, W.cols, 'S');
    gpu.copy(What.view, S.view);
    addInto(gpu, S, W, -1);
    // −S·H̃ with the damped diagonal: H̃ is the factor, whose diagonal lacks `rest` to 1.
    const added = scaleColumns(gpu, scope, S, rest);
    matmul(gpu, scope, S, factor, { b: 'plain', into: added, sign: -1 });
    await walk({ W: What, Rt: (at, begin, end) => columnRange(gpu, at, factor, begin, end, end), added });
    await gpu.pace(cx.signal);
  }
}

interface GreedyFactor {
  /** [n, n]: H·diag(1 / (diag H + λ)), λ the damping of the mean diagonal. */
  readonly factor: Matrix;
  /** [1, n]: −λ / (diag H + λ). */
  readonly rest: Matrix;
}

async function greedyFactor(H: Matrix, damping: number, { gpu, scope }: Context): Promise<GreedyFactor> {
  using local = gpu.scope('greedy factor');
  const d = await readMatrix(gpu, diagonal(gpu, local, H));
  const n = H.cols;
  // As in the factor of the walk, an input that never occurs counts as 1.
  const filled = Float64Array.from(d, (v) => (v === 0 ? 1 : v));
  const lambda = (damping * filled.reduce((sum, v) => sum + v, 0)) / n;
  const rest = Float32Array.from(d, (v, j) => (v - (filled[j] as number) - lambda) / ((filled[j] as number) + lambda));
  const inverse = Float32Array.from(filled, (v) => 1 / (v + lambda));
  return {
    factor: scaleColumns(gpu, scope, H, uploadMatrix(local, inverse, 1, n, '1/diag')),
    rest: uploadMatrix(scope, rest, 1, n, 'rest of the diagonal'),
  };
}

/** The first `width` columns' worth of B, as a matrix of that width: blocks of different widths share its memory. */
export function narrowed(B: Matrix, width: number): Matrix {
  return { ...B, cols: width, view: view(B.view.buffer, B.view.offset, 4 * B.rows * width) };
}
