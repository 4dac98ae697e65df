/** Rounding to nearest (RTN): parameters from the weights as they are, then every weight on its own. */
import code from '../../../shaders/rounding/nearest.wgsl?raw';
import { read, readWrite } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { emptyMatrix } from '../../tensor/matrix';
import { fitGroups } from '../grid/fit';
import { perGrid } from '../grid/shaders';
import { groupColumns } from '../groups';
import type { Rounding } from '../problem';
import { inSlices } from '../slices';

const kernels = perGrid((lib) =>
  defineKernel({
    name: 'nearest',
    code,
    lib,
    bindings: { W: 'read', group_of: 'read', parameters: 'read', codes: 'readWrite' },
    params: { cols: 'u32', groups: 'u32', levels: 'u32', first: 'u32', last: 'u32' },
  }),
);

export const nearest = (): Rounding => roundToNearest;

const roundToNearest: Rounding = async (problem, grid, cx, columnOrder) => {
  const { W, factors } = problem;
  const map = await groupColumns(W.cols, grid, 'dynamic', columnOrder, factors);
  const given = await grid.given?.(problem, cx);
  const parameters = given?.parameters ?? (await fitGroups(W, problem, grid, map, cx));
  const codes = given?.decided ?? emptyMatrix(cx.scope, W.rows, W.cols, 'codes');
  const work = (grid.roundWork ?? 8) * grid.width;
  await inSlices(cx, (W.rows * W.cols) / grid.width, work, 64, (first, last) =>
    cx.gpu.run(kernels(grid.shader), {
      bind: {
        W: read(W.view),
        group_of: read(map.groupOf),
        parameters: read(parameters.view),
        codes: readWrite(codes.view),
      },
      params: { cols: W.cols, groups: map.groups, levels: 2 ** grid.bits - 1, first, last },
      constants: grid.constants,
      workgroups: Math.ceil((last - first) / 64),
      work: work * (last - first),
    }),
  );
  return { codes, parameters, groupOf: map.columns, damping: 0 };
};
