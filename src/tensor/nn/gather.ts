/** Rows of a table by index, as f32: the token embedding. */
import grid from '../../../shaders/lib/grid.wgsl?raw';
import code from '../../../shaders/nn/gather.wgsl?raw';
import type { Scope } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { bindingLimit } from '../../gpu/limits';
import { assert } from '../../util/assert';
import { elementBytes, rowRange, zeroMatrix, type ElementType, type Matrix } from '../matrix';

export const gatherKernel = defineKernel({
  name: 'gather',
  code,
  lib: [grid],
  bindings: { table: 'read', ids: 'read', y: 'readWrite' },
  params: { tokens: 'u32', cols: 'u32', first: 'u32', count: 'u32' },
});

const stored: Readonly<Record<ElementType, number>> = { f32: 0, f16: 1, bf16: 2 };

export interface GatherOptions {
  /** Rows bound at once, a multiple of 128 so that ranges start at multiples of 256 bytes; from the binding limit when left out. */
  readonly rowsAtOnce?: number;
}

/**
 * table [n, cols] f32, f16 or bf16 of any size; ids [tokens] u32, each below n (others give rows of zeros). Returns [tokens, cols] f32.
 * A table beyond the binding limit is bound range by range.
 */
export function gather(gpu: Gpu, scope: Scope, table: Matrix, ids: Matrix, options: GatherOptions = {}): Matrix {
  const tokens = ids.rows * ids.cols;
  const y = zeroMatrix(scope, tokens, table.cols, 'gathered rows');
  const rowBytes = table.cols * elementBytes[table.type];
  const fit = Math.floor(bindingLimit / rowBytes);
  const step = options.rowsAtOnce ?? (table.rows <= fit ? table.rows : Math.floor(fit / 128) * 128);
  assert(step > 0 && (step >= table.rows || step % 128 === 0), `${step} rows at once`);
  for (let first = 0; first < table.rows; first += step) {
    const count = Math.min(step, table.rows - first);
    gpu.run(gatherKernel, {
      bind: {
        table: read(rowRange(table, first, first + count).view),
        ids: read(ids.view),
        y: readWrite(y.view),
      },
      params: { tokens, cols: table.cols, first, count },
      constants: { STORED: stored[table.type] },
      workgroups: Math.ceil((tokens * table.cols) / 64),
      work: 2 * tokens * table.cols,
    });
  }
  return y;
}
