/**
 * Weak columns in half precision (OWQ, arXiv 2306.02272). Weak are those with the largest H_jj·‖ΔW_j‖², Δ the error of rounding to
 * nearest on the grid. With q the other columns, k the kept ones, λ = 0.01 of the mean diagonal of H, and D = Ŵ − W:
 *   before:  W_q and the Schur complement H_qq − H_qk (H_kk + λI)⁻¹ H_kq: the loss that is left once the kept columns have made up
 *            for the others as well as they can. Compensation of this problem gives the codes of GPTQ with the weak columns last.
 *   after:   Ŵ_k = W_k − D_q H_qk (H_kk + λI)⁻¹, rounded to halves: the best kept columns for what the others became.
 * The cross moment of two streams goes to its own Schur complement C_qq − C_qk (H_kk + λI)⁻¹ H_kq. Not the paper's: it fine-tunes the
 * kept columns as well, and chooses how many for the whole model.
 */
import { addInto } from '../../tensor/elementwise';
import { columnEnergy } from '../../tensor/columnEnergy';
import { matmul } from '../../tensor/matmul';
import { readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { inverseSymmetric } from '../../util/inverseSymmetric';
import { assert, present } from '../../util/assert';
import { nearestHalf } from '../../util/halfFloat';
import { gatherColumns, gatherSymmetric, noColumn, readDiagonal, uploadOrder } from '../columns';
import type { Context, Correction, Grid, Posed, Undoing } from '../problem';
import type { Piece } from '../recipe/recipe';
import { nearestValues } from '../rounding/nearestValues';

/** As in compensation. */
const damping = 0.01;

/** The two sides of a problem's columns, and what ties them. */
interface Parted {
  /** Both rising. */
  readonly kept: Uint32Array<ArrayBuffer>;
  readonly others: Uint32Array<ArrayBuffer>;
  /** [k, k]: (H_kk + λI)⁻¹. */
  readonly inverse: Float64Array;
  /** [in, k]: the kept columns of H. */
  readonly ties: Float32Array;
}

export function keep({ share }: Piece): Correction {
  assert(typeof share === 'number', 'a parsed keep piece');
  // What `before` found, for `after` of the same layer.
  let parted: Parted | null = null;
  return {
    async before(problem, grid, cx) {
      const weak = await weakColumns(problem, grid, share, cx);
      const found = await problem.factors.remember(`parted ${weak.join()}`, () => part(problem, weak, cx));
      parted = found;
      const factors = problem.factors.under(`kept ${weak.join()}`);
      const rest = await factors.remember('rest', (scope) => restOf(problem, found, { ...cx, scope }));
      // The rows are what they were; what produces the columns knows nothing of some that are gone.
      const { neighbours } = problem;
      return { ...rest, factors, ...(neighbours && { neighbours: { outputs: neighbours.outputs } }) };
    },
    async after(problem, What, cx) {
      const { kept, others, inverse, ties } = present(parted, 'the columns that were kept');
      const { gpu } = cx;
      using scope = gpu.scope('keep');
      const local = { gpu, scope };
      const { rows, cols } = problem.W;
      const D = spread(What, others, cols, local);
      const zeroed = Uint32Array.from({ length: cols }, (_, j) => (kept.includes(j) ? noColumn : j));
      addInto(gpu, D, gatherColumns(gpu, scope, problem.W, uploadOrder(scope, zeroed)), -1);
      const Hk = uploadMatrix(scope, ties, cols, kept.length, 'H_qk');
      const Hkk = uploadMatrix(scope, Float32Array.from(inverse), kept.length, kept.length, 'H_kk⁻¹');
      const fitted = gatherColumns(gpu, scope, problem.W, uploadOrder(scope, kept));
      const pull = matmul(gpu, scope, D, Hk, { b: 'plain' });
      matmul(gpu, scope, pull, Hkk, { b: 'plain', into: fitted, sign: -1 });
      const values = (await readMatrix(gpu, fitted)).map((v) => nearestHalf(v));
      const stored = new Float32Array(kept.length + values.length);
      stored.set(kept);
      stored.set(values, kept.length);
      return { kept: stored, bits: kept.length * (16 * rows + 32), operations: 0 };
    },
    apply(What, stored, { gpu, scope }) {
      using local = gpu.scope('keep');
      const { rows } = What;
      const count = stored.length / (rows + 1);
      const kept = Uint32Array.from(stored.subarray(0, count));
      const cols = What.cols + count;
      const others = Uint32Array.from({ length: cols }, (_, j) => j).filter((j) => !kept.includes(j));
      const values = uploadMatrix(local, stored.subarray(count), rows, count, 'kept columns');
      // The two share no column: a sum with zero is exact.
      const whole = spread(What, others, cols, { gpu, scope });
      addInto(gpu, whole, spread(values, kept, cols, { gpu, scope: local }));
      return Promise.resolve(whole);
    },
  };
}

/** x [rows, columns.length] in these columns of a matrix [rows, cols], zero in the others; owned by the scope. */
function spread(x: Matrix, columns: Uint32Array, cols: number, { gpu, scope }: Undoing): Matrix {
  using local = gpu.scope('spread columns');
  const order = new Uint32Array(cols).fill(noColumn);
  columns.forEach((col, j) => (order[col] = j));
  return gatherColumns(gpu, scope, x, uploadOrder(local, order));
}

/** The `share` of columns with the largest H_jj·‖ΔW_j‖², rising; of equals the first. */
async function weakColumns(problem: Posed, grid: Grid, share: number, cx: Context): Promise<Uint32Array<ArrayBuffer>> {
  const { gpu } = cx;
  const { cols } = problem.W;
  using scope = gpu.scope('weak columns');
  const local: Context = { ...cx, scope };
  const plain = await nearestValues(problem, grid, local);
  const errors = await readMatrix(gpu, columnEnergy(gpu, scope, problem.W, plain));
  const diagonal = await readDiagonal(gpu, problem);
  const cost = errors.map((error, j) => error * (diagonal[j] as number));
  const count = Math.min(cols - 1, Math.max(1, Math.round(share * cols)));
  return Uint32Array.from(cost.keys())
    .sort((a, b) => (cost[b] as number) - (cost[a] as number) || a - b)
    .slice(0, count)
    .sort();
}

async function part(problem: Posed, kept: Uint32Array<ArrayBuffer>, cx: Context): Promise<Parted> {
  const { gpu } = cx;
  using scope = gpu.scope('part columns');
  const H = present(problem.H, 'H');
  const diagonal = await readDiagonal(gpu, problem);
  const lambda = (damping * diagonal.reduce((sum, d) => sum + d, 0)) / diagonal.length;
  const ties = await readMatrix(gpu, gatherColumns(gpu, scope, H, uploadOrder(scope, kept)));
  const k = kept.length;
  const Hkk = Float64Array.from({ length: k * k }, (_, at) => {
    const i = kept[Math.floor(at / k)] as number;
    return (ties[i * k + (at % k)] as number) + (at % (k + 1) === 0 ? lambda || 1 : 0);
  });
  const others = Uint32Array.from({ length: H.rows }, (_, j) => j).filter((j) => !kept.includes(j));
  return { kept, others, inverse: inverseSymmetric(Hkk, k), ties };
}

/** The problem of the other columns. */
async function restOf(
  problem: Posed,
  { kept, others, inverse, ties }: Parted,
  { gpu, scope }: Undoing,
): Promise<Omit<Posed, 'factors' | 'neighbours'>> {
  using local = gpu.scope('rest');
  const order = uploadOrder(local, others);
  const k = kept.length;
  const otherRows = (of: Float32Array, label: string) => {
    const rows = new Float32Array(others.length * k);
    others.forEach((j, i) => rows.set(of.subarray(j * k, (j + 1) * k), i * k));
    return uploadMatrix(local, rows, others.length, k, label);
  };
  const Hqk = otherRows(ties, 'H_qk');
  // Less by 1e-6: what is left of an input that follows from the kept ones must not be below zero by rounding.
  const less = Float32Array.from(inverse, (v) => v * (1 - 1e-6));
  const pull = matmul(gpu, local, Hqk, uploadMatrix(local, less, k, k, 'H_kk⁻¹'), { b: 'plain' });
  const H = gatherSymmetric(gpu, scope, present(problem.H, 'H'), others, 'zero');
  matmul(gpu, scope, pull, Hqk, { into: H, sign: -1 });
  const rest = {
    W: gatherColumns(gpu, scope, problem.W, order),
    H,
    ...(problem.magnitude && { magnitude: gatherColumns(gpu, scope, problem.magnitude, order) }),
  };
  if (!problem.cross) return rest;
  const Ck = await readMatrix(gpu, gatherColumns(gpu, local, problem.cross, uploadOrder(local, kept)));
  const cross = gatherSymmetric(gpu, scope, problem.cross, others, 'zero');
  matmul(gpu, scope, otherRows(Ck, 'C_qk'), pull, { into: cross, sign: -1 });
  return { ...rest, cross };
}
