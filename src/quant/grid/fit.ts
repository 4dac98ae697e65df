/** Grid parameters of a whole matrix at once: for whole rows, for static groups and for rounding to nearest. */
import code from '../../../shaders/stats/group_fit.wgsl?raw';
import { read, readWrite } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { emptyMatrix, type Matrix } from '../../tensor/matrix';
import { inSlices } from '../slices';
import type { Context, Grid, GroupMap } from '../problem';
import { perGrid } from './shaders';

const kernels = perGrid((lib) =>
  defineKernel({
    name: 'group_fit',
    code,
    lib,
    bindings: { W: 'read', position: 'read', group_of: 'read', parameters: 'readWrite' },
    params: { cols: 'u32', groups: 'u32', group: 'u32', levels: 'u32', first: 'u32', last: 'u32' },
  }),
);

/** [rows, 2 × groups] f32: scale and zero of every row and group of W [rows, cols] f32. */
export async function fitGroups(W: Matrix, grid: Grid, map: GroupMap, cx: Context): Promise<Matrix> {
  const parameters = emptyMatrix(cx.scope, W.rows, 2 * map.groups, 'grid parameters');
  // A clip search looks at every weight 80 times, with a power each time.
  const perWeight = grid.constants['CLIP_MSE'] === 1 ? 80 * 16 : 4;
  // 16 at least fill the vectors of a software adapter; 64 searches over long rows would hold one for a second.
  await inSlices(cx, W.rows * map.groups, map.size * perWeight, 16, (first, last) =>
    cx.gpu.run(kernels[grid.shader], {
      bind: {
        W: read(W.view),
        position: read(map.position),
        group_of: read(map.groupOf),
        parameters: readWrite(parameters.view),
      },
      params: { cols: W.cols, groups: map.groups, group: map.size, levels: 2 ** grid.bits - 1, first, last },
      constants: grid.constants,
      workgroups: Math.ceil((last - first) / 64),
      work: (last - first) * map.size * perWeight,
    }),
  );
  return parameters;
}
