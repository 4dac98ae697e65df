/**
 * LoRC (ZeroQuant-V2, arXiv 2303.08302): the best approximation of the rounding error E = W − Ŵ of a small rank is added to Ŵ,
 *   plain:  E = U Σ Vᵀ,   A = U_r Σ_r^½,  B = Σ_r^½ V_rᵀ;
 *   inputs: E R = U Σ Vᵀ with H damped = R Rᵀ, so that the loss itself is what A B lowers most, and B = Σ_r^½ V_rᵀ R⁻¹.
 * Both factors are used as they are stored, halves or eight bits. Where rounding them raises the error in this metric, none are kept.
 */
import type { Scope } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/gpu';
import { addInto } from '../../tensor/elementwise';
import { truncatedSvd } from '../../tensor/lowRank';
import { matmul } from '../../tensor/matmul';
import { emptyMatrix, readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { rowDot } from '../../tensor/rowDot';
import { rightSolve } from '../../tensor/triangular';
import { assert, present } from '../../util/assert';
import { nearestHalf, roundHalfEven } from '../../util/halfFloat';
import { readDiagonal } from '../columns';
import { factorise } from '../damping';
import { nothingKept, type Context, type Correction, type Posed } from '../problem';
import type { Piece } from '../recipe/recipe';

/** As in compensation. */
const damping = 0.01;

/** Numbers as they are stored, in `vectors` that have a scale each where the type needs one. */
const stores = {
  f16: { bits: 16, scaleBits: 0, round: (vector: Float32Array) => vector.map((v) => nearestHalf(v)) },
  int8: { bits: 8, scaleBits: 16, round: toEightBits },
} as const;

export function lowRank({ rank, metric, factors }: Piece): Correction {
  assert(typeof rank === 'number' && (factors === 'f16' || factors === 'int8'), 'a parsed lowRank piece');
  const store = stores[factors];
  return {
    async after(problem, What, cx) {
      const { gpu } = cx;
      using scope = gpu.scope('low rank');
      const { rows, cols } = What;
      const E = difference(gpu, scope, problem.W, What);
      const R = metric === 'inputs' ? await factorOf(problem, cx) : null;
      const measured = R ? matmul(gpu, scope, E, R, { b: 'plain' }) : E;
      await gpu.pace(cx.signal);
      const { rank: found, U, values, Vt } = await truncatedSvd(gpu, measured, rank, cx.rng);
      if (found === 0) return { kept: nothingKept, bits: 0, operations: 0 };
      const roots = values.map(Math.sqrt);
      const left = Float32Array.from(U, (v, at) => v * (roots[at % found] as number));
      const right = Float32Array.from(Vt, (v, at) => v * (roots[Math.floor(at / cols)] as number));
      const solved = R
        ? await readMatrix(gpu, rightSolve(gpu, scope, uploadMatrix(scope, right, found, cols, 'V'), R))
        : right;
      const kept = new Float32Array(found * (rows + cols));
      roundColumns(left, found, store.round, kept);
      for (let r = 0; r < found; r++) {
        kept.set(store.round(solved.subarray(r * cols, (r + 1) * cols)), found * rows + r * cols);
      }
      const before = await energy(gpu, measured);
      addProduct(gpu, scope, E, kept, -1);
      const after = await energy(gpu, R ? matmul(gpu, scope, E, R, { b: 'plain' }) : E);
      if (!(after < before)) {
        cx.emit({
          type: 'fallback-used',
          wanted: `lowRank of rank ${found}`,
          used: 'no correction',
          reason: `factors stored as ${factors} raise the error in this metric`,
        });
        return { kept: nothingKept, bits: 0, operations: 0 };
      }
      const bits = found * ((rows + cols) * store.bits + 2 * store.scaleBits);
      return { kept, bits, operations: found * (rows + cols) };
    },
    apply(What, kept, { gpu, scope }) {
      if (kept.length === 0) return Promise.resolve(What);
      using local = gpu.scope('low rank');
      const sum = emptyMatrix(scope, What.rows, What.cols, 'Ŵ + A·B');
      gpu.copy(What.view, sum.view);
      addProduct(gpu, local, sum, kept, 1);
      return Promise.resolve(sum);
    },
  };
}

/** Y += sign·A·B. kept: A [rows, rank], then B [rank, cols]. */
function addProduct(gpu: Gpu, scope: Scope, Y: Matrix, kept: Float32Array<ArrayBuffer>, sign: 1 | -1): void {
  const { rows, cols } = Y;
  const rank = kept.length / (rows + cols);
  const A = uploadMatrix(scope, kept.subarray(0, rank * rows), rows, rank, 'A');
  const B = uploadMatrix(scope, kept.subarray(rank * rows), rank, cols, 'B');
  matmul(gpu, scope, A, B, { b: 'plain', into: Y, sign });
}

/** Null where no input ever occurred: then every error costs nothing, and the plain metric is left. */
async function factorOf(problem: Posed, cx: Context): Promise<Matrix | null> {
  if ((await readDiagonal(cx.gpu, problem)).every((d) => d === 0)) {
    const reason = 'no input ever occurred: H = 0';
    cx.emit({ type: 'fallback-used', wanted: 'lowRank, metric inputs', used: 'metric plain', reason });
    return null;
  }
  const { R, raises } = await problem.factors.moment.remember(`factor ${damping}`, (scope) =>
    factorise(present(problem.H, 'H'), damping, scope, cx),
  );
  for (const raise of raises) cx.emit({ type: 'damping-raised', ...raise });
  return R;
}

function difference(gpu: Gpu, scope: Scope, x: Matrix, y: Matrix): Matrix {
  const d = emptyMatrix(scope, x.rows, x.cols, 'rounding error');
  gpu.copy(x.view, d.view);
  addInto(gpu, d, y, -1);
  return d;
}

/** ‖X‖², its rows summed in float64. */
async function energy(gpu: Gpu, X: Matrix): Promise<number> {
  using scope = gpu.scope('energy');
  return (await readMatrix(gpu, rowDot(gpu, scope, X, X))).reduce((sum, row) => sum + row, 0);
}

/** Columns of x [rows, count], each rounded as one vector, into `out`. */
function roundColumns(
  x: Float32Array,
  count: number,
  round: (vector: Float32Array) => Float32Array,
  out: Float32Array,
): void {
  for (let r = 0; r < count; r++) {
    const column = Float32Array.from({ length: x.length / count }, (_, i) => x[i * count + r] as number);
    round(column).forEach((v, i) => (out[i * count + r] = v));
  }
}

/** −127 … 127 times a scale, which is a half. */
function toEightBits(vector: Float32Array): Float32Array {
  const largest = vector.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const scale = nearestHalf(largest / 127);
  if (scale === 0) return new Float32Array(vector.length);
  return vector.map((v) => scale * Math.min(127, Math.max(-127, roundHalfEven(v / scale))));
}
