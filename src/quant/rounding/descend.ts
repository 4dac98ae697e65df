/**
 * QuantEase (arXiv 2309.01885): cyclic coordinate descent on the layer's objective tr(D H Dᵀ), D = Ŵ − W. Given all other columns,
 * the best value of column j on the grid is
 *   ŵ_j = quantize(ŵ_j − (D H)_j / H_jj),
 * because the objective is a parabola in it. No inverse; no sweep loses more than the one before in the damped objective. H is damped as
 * GPTQ damps it: where calibration has seen few kinds of input, the undamped objective lets weights run away for inputs it knows nothing
 * of. The paper and its published code do not damp: damping 0. Parameters of the grid
 * are those of rounding to nearest (or of the start), and stay. Not the paper's: sweeps that leave some columns unrounded, outliers.
 * Blocks of columns: what a block changes in D·H is a matrix product, inside a block each row walks on its own.
 */
import code from '../../../shaders/rounding/descend.wgsl?raw';
import { read, readWrite } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { addInto } from '../../tensor/elementwise';
import { matmul } from '../../tensor/matmul';
import { emptyMatrix, rowRange, type Matrix } from '../../tensor/matrix';
import { assert, present } from '../../util/assert';
import { readDiagonal, uploadOrder } from '../columns';
import { perGrid } from '../grid/shaders';
import type { Codes, Context, Grid, Rounded, Rounding } from '../problem';
import type { Piece } from '../recipe/recipe';
import { inSlices } from '../slices';
import { compensate } from './compensate';
import { compensate as compensateMeta } from './compensate.meta';
import { dequantize } from './dequantize';
import { nearest } from './nearest';

const kernels = perGrid((lib) =>
  defineKernel({
    name: 'descend',
    code,
    lib,
    bindings: {
      H: 'read',
      G: 'read',
      group_of: 'read',
      parameters: 'read',
      codes: 'read',
      What: 'readWrite',
      steps: 'readWrite',
      chosen: 'readWrite',
    },
    params: {
      cols: 'u32',
      groups: 'u32',
      levels: 'u32',
      begin: 'u32',
      end: 'u32',
      first_sweep: 'u32',
      first_row: 'u32',
      last_row: 'u32',
      damping: 'f32',
    },
  }),
);

/** Columns per block: whole points of any grid, and rows of H that begin where a binding may. */
const blockColumns = 128;

export function descend({ sweeps, start, damping = 0.01 }: Piece): Rounding {
  assert(typeof sweeps === 'number' && typeof damping === 'number', 'a parsed descend piece');
  return async (problem, grid, cx, columnOrder) => {
    const { gpu } = cx;
    const { W } = problem;
    const H = present(problem.H, 'H');
    const begun = await (start === gptq.name ? compensate(gptq) : nearest())(problem, grid, cx, columnOrder);
    using scope = gpu.scope('descend');
    const local: Context = { ...cx, scope };
    // What quantize finds in `codes` is what the grid decided, not the codes of the sweep before.
    const decided = (await grid.given?.(problem, local))?.decided ?? emptyMatrix(scope, 1, 1, 'nothing decided');
    const What = dequantize(begun.codes, begun.parameters, uploadOrder(scope, begun.groupOf), grid, local);
    const diagonal = await readDiagonal(gpu, problem);
    const added = (damping * diagonal.reduce((sum, d) => sum + d, 0)) / diagonal.length;
    if (start === 'weights') gpu.copy(W.view, What.view);
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const free = start === 'weights' && sweep === 0;
      await sweepOnce({ W, H, What, begun, grid, decided, added, free }, local);
    }
    return begun;
  };
}

/** What a start from compensated weights is, whatever the options of descent. */
const gptq: Piece = { name: compensateMeta.name, damping: 0.01, groups: 'dynamic', staleness: 'fresh' };

interface Sweep {
  readonly W: Matrix;
  readonly H: Matrix;
  /** Changed in place, with the codes of `begun`. */
  readonly What: Matrix;
  readonly begun: Rounded;
  readonly grid: Grid;
  readonly decided: Codes;
  /** What H has more on its diagonal. */
  readonly added: number;
  /** Whether Ŵ is not on the grid yet. */
  readonly free: boolean;
}

async function sweepOnce({ W, H, What, begun, grid, decided, added, free }: Sweep, cx: Context): Promise<void> {
  const { gpu } = cx;
  using scope = gpu.scope('sweep');
  const { rows, cols } = W;
  const groupOf = uploadOrder(scope, begun.groupOf);
  const D = emptyMatrix(scope, rows, cols, 'D');
  gpu.copy(What.view, D.view);
  addInto(gpu, D, W, -1);
  const G = matmul(gpu, scope, D, H, { b: 'plain', label: 'D·H' });
  addInto(gpu, G, D, added);
  for (let begin = 0; begin < cols; begin += blockColumns) {
    using local = gpu.scope('block');
    const end = Math.min(cols, begin + blockColumns);
    const width = end - begin;
    const steps = emptyMatrix(local, rows, width, 'steps');
    const own = rowRange(H, begin, end);
    const perRow = width * width + 20 * width;
    await inSlices(cx, rows, perRow, 64, (first_row, last_row) =>
      gpu.run(kernels(grid.shader), {
        bind: {
          H: read(own.view),
          G: read(G.view),
          group_of: read(groupOf),
          parameters: read(begun.parameters.view),
          codes: read(decided.view),
          What: readWrite(What.view),
          steps: readWrite(steps.view),
          chosen: readWrite(begun.codes.view),
        },
        params: {
          cols,
          groups: begun.parameters.cols / 2,
          levels: 2 ** grid.bits - 1,
          begin,
          end,
          first_sweep: free ? 1 : 0,
          first_row,
          last_row,
          damping: added,
        },
        constants: grid.constants,
        workgroups: Math.ceil((last_row - first_row) / 64),
        work: perRow * (last_row - first_row),
      }),
    );
    if (end < cols) matmul(gpu, local, steps, own, { b: 'plain', into: G });
    await gpu.pace(cx.signal);
  }
}
