/** Grid parameters of a whole matrix at once: for whole rows, for static groups and for rounding to nearest. */
import code from '../../../shaders/stats/group_fit.wgsl?raw';
import { read, readWrite } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { emptyMatrix, type Matrix } from '../../tensor/matrix';
import type { Context, Grid, Posed } from '../problem';
import type { Grouping } from '../groups';
import { inSlices } from '../slices';
import { importanceOf } from './importance';
import { perGrid } from './shaders';

const kernels = perGrid((lib) =>
  defineKernel({
    name: 'group_fit',
    code,
    lib,
    bindings: { W: 'read', position: 'read', group_of: 'read', importance: 'read', parameters: 'readWrite' },
    params: { cols: 'u32', groups: 'u32', group: 'u32', levels: 'u32', first: 'u32', last: 'u32' },
  }),
);

/**
 * [rows, 2 × sets of a row] f32: the parameters of every row and group of W [rows, cols] f32, which is the problem's or what became of
 * it on the way.
 */
export async function fitGroups(W: Matrix, problem: Posed, grid: Grid, map: Grouping, cx: Context): Promise<Matrix> {
  const parameters = emptyMatrix(cx.scope, W.rows, 2 * map.groups, 'grid parameters');
  const importance = await importanceOf(problem, grid, cx.gpu);
  // 16 at least fill the vectors of a software adapter; 64 searches over long rows would hold one for a second.
  await inSlices(cx, W.rows * (map.groups / grid.sets), map.size * grid.fitWork, 16, (first, last) =>
    cx.gpu.run(kernels(grid.shader), {
      bind: {
        W: read(W.view),
        position: read(map.position),
        group_of: read(map.groupOf),
        importance: read(importance),
        parameters: readWrite(parameters.view),
      },
      params: { cols: W.cols, groups: map.groups, group: map.size, levels: 2 ** grid.bits - 1, first, last },
      constants: grid.constants,
      workgroups: Math.ceil((last - first) / 64),
      work: (last - first) * map.size * grid.fitWork,
    }),
  );
  return parameters;
}
