/**
 * Incoherence processing of QuIP (arXiv 2307.13304, algorithms 1 and 2): s = (diag H / diag WᵀW)^¼, W' = U W diag(s) Vᵀ,
 * H' = V diag(1/s) H diag(1/s) Vᵀ, with U and V random Kronecker pairs of orthogonals; no weight and no input stands out any more.
 * The matrices of a site are one W, balanced first; without balance the proxy loss is unchanged, with it each matrix counts over its own
 * mean square. s is stored as halves, and those are what is multiplied with.
 */
import type { Scope } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/gpu';
import { readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { rowDot } from '../../tensor/rowDot';
import { scaleColumns } from '../../tensor/scaleColumns';
import { transpose } from '../../tensor/transpose';
import { halfScale } from '../../util/halfFloat';
import { balanced, keepParts, partBits, partOperations, partsOf, readParts } from '../balance';
import { readDiagonal } from '../columns';
import type { Posed, Transform } from '../problem';
import type { Piece } from '../recipe/recipe';
import { changeMoments, drawSeed, kroneckerRotation, seededRng, turnMoment, turnRows } from '../rotation';

/** Least diagonal, relative to the largest: a column that is never used, or never weighs, gets a scale and not infinity. */
const least = 1e-8;

/** s of each column as halves; only its ratios matter, so its geometric mean is 1. */
export function incoherenceScales(
  diagonalH: ArrayLike<number>,
  columnSquares: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const clamped = (values: ArrayLike<number>) => {
    const floor = least * (Array.from(values).reduce((a, b) => Math.max(a, b), 0) || 1);
    return Float64Array.from(values, (v) => Math.max(v, floor));
  };
  const squares = clamped(columnSquares);
  const logs = clamped(diagonalH).map((h, j) => Math.log(h / (squares[j] as number)) / 4);
  const mean = logs.reduce((sum, v) => sum + v, 0) / logs.length;
  return Float32Array.from(logs, (v) => halfScale(Math.exp(v - mean)));
}

const inverted = (s: Float32Array) => Float32Array.from(s, (v) => 1 / v);

/** Of what was kept: sizes of the site's matrices, U of the rows and V of the columns by their seed, s. */
function split(kept: Float32Array<ArrayBuffer>, rows: number, cols: number) {
  const { parts, rest } = readParts(kept);
  const rng = seededRng(rest[0], rest[1]);
  const [U, V] = [kroneckerRotation(rows, rng.fork('U')), kroneckerRotation(cols, rng.fork('V'))];
  return { parts, U, V, scales: rest.subarray(2) };
}

export function incohere({ rescale, balance }: Piece): Transform {
  return {
    async fit(problem, _grid, cx) {
      const { gpu } = cx;
      const { W } = problem;
      const factors = problem.factors.under(`incohere ${String(rescale)} ${String(balance)}`);
      const done = await factors.remember('rotated', async (scope) => {
        using local = gpu.scope('incohere');
        const parts = balance === true ? await partsOf(problem, gpu) : [];
        const level = balanced(gpu, local, W, parts, 'divided');
        const scales =
          rescale === true ? await scalesOf({ ...problem, W: level }, gpu) : new Float32Array(W.cols).fill(1);
        const kept = Float32Array.of(...keepParts(parts), ...drawSeed(cx.rng.fork('incohere')), ...scales);
        const { U, V } = split(kept, W.rows, W.cols);
        const s = uploadMatrix(local, scales, 1, W.cols, 's');
        const inverse = uploadMatrix(local, inverted(scales), 1, W.cols, '1/s');
        const scaled = scaleColumns(gpu, local, level, s);
        return {
          kept,
          bits: 32 + (rescale === true ? 16 * W.cols : 0) + partBits(parts),
          operations: (rescale === true ? W.cols : 0) + V.operations + U.operations + partOperations(parts),
          W: turnRows(gpu, scope, V.turn(gpu, local, scaled, 'forward'), U, 'forward'),
          moments: changeMoments(problem, (M) =>
            turnMoment(gpu, scope, scaleColumns(gpu, local, M, inverse, inverse), V),
          ),
        };
      });
      const { kept, bits, operations } = done;
      return { problem: { W: done.W, ...done.moments, factors }, kept, bits, operations };
    },

    undo(w, kept, { gpu, scope }) {
      using local = gpu.scope('incohere');
      const { parts, U, V, scales } = split(kept, w.rows, w.cols);
      const back = V.turn(gpu, local, turnRows(gpu, local, w, U, 'inverse'), 'inverse');
      const inverse = uploadMatrix(local, inverted(scales), 1, w.cols, '1/s');
      const level = scaleColumns(gpu, parts.length ? local : scope, back, inverse);
      return Promise.resolve(balanced(gpu, scope, level, parts, 'restored'));
    },
  };
}

async function scalesOf(problem: Posed, gpu: Gpu): Promise<Float32Array<ArrayBuffer>> {
  using scope = gpu.scope('column norms');
  return incoherenceScales(
    await readDiagonal(gpu, problem),
    await readMatrix(gpu, columnSquares(gpu, scope, problem.W)),
  );
}

/** [n, 1]: diag WᵀW. */
function columnSquares(gpu: Gpu, scope: Scope, W: Matrix): Matrix {
  const columns = transpose(gpu, scope, W);
  return rowDot(gpu, scope, columns, columns);
}
