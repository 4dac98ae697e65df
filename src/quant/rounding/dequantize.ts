/** Codes → Ŵ. The same arithmetic as inside the rounding kernels, so a restored layer equals the solved one bit for bit. */
import code from '../../../shaders/rounding/dequantize.wgsl?raw';
import type { View } from '../../gpu/buffers';
import { read, readWrite } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { emptyMatrix, type Matrix } from '../../tensor/matrix';
import { perGrid } from '../grid/shaders';
import type { Codes, Context, Grid } from '../problem';
import { eachSlice } from '../slices';

const kernels = perGrid((lib) =>
  defineKernel({
    name: 'dequantize',
    code,
    lib,
    bindings: { codes: 'read', group_of: 'read', parameters: 'read', What: 'readWrite' },
    params: { cols: 'u32', groups: 'u32', levels: 'u32', first: 'u32', last: 'u32' },
  }),
);

/** Ŵ [rows, cols] f32, owned by cx.scope. parameters [rows, 2 × sets] f32; groupOf [cols] u32. */
export function dequantize(
  codes: Codes,
  parameters: Matrix,
  groupOf: View,
  grid: Grid,
  { gpu, scope }: Pick<Context, 'gpu' | 'scope'>,
): Matrix {
  const { rows, cols } = codes;
  const What = emptyMatrix(scope, rows, cols, 'Ŵ');
  eachSlice(gpu, (rows * cols) / grid.width, 6 * grid.width, 64, (first, last) =>
    gpu.run(kernels(grid.shader), {
      bind: {
        codes: read(codes.view),
        group_of: read(groupOf),
        parameters: read(parameters.view),
        What: readWrite(What.view),
      },
      params: { cols, groups: parameters.cols / 2, levels: 2 ** grid.bits - 1, first, last },
      constants: grid.constants,
      workgroups: Math.ceil((last - first) / 64),
      work: 6 * grid.width * (last - first),
    }),
  );
  return What;
}
