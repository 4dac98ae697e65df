/**
 * HQQ (Badri and Shaji, Mobius Labs 2023, not on arXiv): ŵ = s(c − z) with a real zero z, found without data by half-quadratic steps for
 * the least |w − ŵ|^0.7. Groups lie along the inputs (the published default groups across rows). Scale and zero are halves from the
 * start, as the published code has them on a GPU. Stop: matrix, as hqq 0.2.8 does: when the mean |w − ŵ| of the whole matrix no longer
 * falls, with the zeros of the step after; group: each group on its own, with its best zero. Float64 twin: reference/hqq.ts.
 */
import code from '../../../shaders/stats/hqq_zero.wgsl?raw';
import halfLib from '../../../shaders/lib/half.wgsl?raw';
import stepLib from '../../../shaders/lib/hqq_step.wgsl?raw';
import type { View } from '../../gpu/buffers';
import { read, readWrite } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { emptyMatrix, readMatrix, uploadMatrix, type Matrix } from '../../tensor/matrix';
import { assert } from '../../util/assert';
import type { Context, Grid, Posed } from '../problem';
import type { Piece } from '../recipe/recipe';
import { inSlices } from '../slices';
import { groupStorage } from '../storage';
import { importanceOf } from './importance';

const kernel = defineKernel({
  name: 'hqq_zero',
  code,
  lib: [halfLib, stepLib],
  bindings: { W: 'read', importance: 'read', counts: 'read', errors: 'readWrite', parameters: 'readWrite' },
  params: { cols: 'u32', groups: 'u32', group: 'u32', levels: 'u32', record: 'u32', first: 'u32', last: 'u32' },
});

/** Most steps, and operations of one for each weight, a power among them. */
const [steps, stepWork] = [20, 24];

/** Steps that a matrix takes: one more than up to the first whose error is not below all before it. `errors`: before each step. */
export function stepsTaken(errors: readonly number[]): number {
  let least = Infinity;
  for (const [step, error] of errors.entries()) {
    if (!(error < least)) return step + 1;
    least = error;
  }
  return errors.length;
}

/** [rows, 2 × groups] f32: scale and zero of every group; each matrix of the site stops on its own. */
async function stopTogether({ W, neighbours }: Posed, grid: Grid, importance: View, cx: Context): Promise<Matrix> {
  const { gpu } = cx;
  const { rows, cols } = W;
  const group = Math.min(grid.group, cols);
  const groups = Math.ceil(cols / group);
  const parameters = emptyMatrix(cx.scope, rows, 2 * groups, 'grid parameters');
  using scope = gpu.scope('half-quadratic steps');
  const errors = emptyMatrix(scope, rows, steps, 'errors');
  const work = cols * steps * stepWork;
  const walk = (counts: Matrix, record: 0 | 1) =>
    inSlices(cx, rows, work, 16, (first, last) =>
      gpu.run(kernel, {
        bind: {
          W: read(W.view),
          importance: read(importance),
          counts: read(counts.view),
          errors: readWrite(errors.view),
          parameters: readWrite(parameters.view),
        },
        params: { cols, groups, group, levels: 2 ** grid.bits - 1, record, first, last },
        constants: grid.constants,
        workgroups: Math.ceil((last - first) / 64),
        work: work * (last - first),
      }),
    );
  const counts = new Uint32Array(rows);
  await walk(uploadMatrix(scope, counts, rows, 1, 'none'), 1);
  const sums = await readMatrix(gpu, errors);
  let begin = 0;
  for (const part of neighbours?.outputs ?? [{ rows }]) {
    const end = begin + part.rows;
    const means = Array.from({ length: steps }, (_, step) => {
      let sum = 0;
      for (let row = begin; row < end; row++) sum += sums[row * steps + step] as number;
      return sum;
    });
    counts.fill(stepsTaken(means), begin, end);
    begin = end;
  }
  await walk(uploadMatrix(scope, counts, rows, 1, 'steps'), 0);
  return parameters;
}

export function hqq({ bits, group, importance, stop }: Piece): Grid {
  assert(typeof bits === 'number' && (group === null || typeof group === 'number'), 'a parsed hqq piece');
  const inputs = importance === 'inputs';
  const grid: Grid = {
    width: 1,
    group: group ?? Infinity,
    sets: 1,
    setOf: () => 0,
    shader: 'hqq',
    constants: { IMPORTANCE: inputs ? 1 : 0 },
    bits,
    importance: inputs ? 'inputs' : 'none',
    fitWork: steps * stepWork,
    storage: groupStorage({ bits, scale: 'f16', zero: 'f16' }),
  };
  if (stop !== 'matrix') return grid;
  return {
    ...grid,
    given: async (problem, cx) => ({
      parameters: await stopTogether(problem, grid, await importanceOf(problem, grid, cx.gpu), cx),
    }),
  };
}
