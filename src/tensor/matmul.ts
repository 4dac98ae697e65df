/**
 * C = A·op(B) in f32. Every output is summed over k in order by one accumulator, whatever tile computes it, so results do not
 * depend on the tuning. Not for a triangle of a symmetric product: see gram.ts.
 */
import tile from '../../shaders/lib/matmul_tile.wgsl?raw';
import weightsBf16 from '../../shaders/lib/weights_bf16.wgsl?raw';
import weightsF16 from '../../shaders/lib/weights_f16.wgsl?raw';
import weightsF32 from '../../shaders/lib/weights_f32.wgsl?raw';
import weightsPlain from '../../shaders/lib/weights_plain.wgsl?raw';
import matmul4x4 from '../../shaders/linalg/matmul_4x4.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { bindingLimit } from '../gpu/limits';
import { assert } from '../util/assert';
import { addRow } from './addRow';
import { elementBytes, emptyMatrix, rowRange, type Matrix } from './matrix';
import { padCopy } from './pad';

export interface MatmulOptions {
  /** `transposed`: b is [n, k], as a linear layer stores it (f32, f16 or bf16). `plain`: b is [k, n] f32. */
  readonly b?: 'transposed' | 'plain';
  /** Accumulates into this matrix [m, n] f32 instead of making a new one. */
  readonly into?: Matrix;
  readonly sign?: 1 | -1;
  /** [1, n] f32, added to every row. */
  readonly bias?: Matrix;
  readonly label?: string;
}

type Layout = 'f32' | 'f16' | 'bf16' | 'plain';
const weights: Readonly<Record<Layout, string>> = {
  f32: weightsF32,
  f16: weightsF16,
  bf16: weightsBf16,
  plain: weightsPlain,
};

const define = (layout: Layout) =>
  defineKernel({
    name: 'matmul_4x4',
    code: matmul4x4,
    lib: [tile, weights[layout]],
    bindings: { a: 'read', b: 'read', c: 'readWrite' },
    params: {
      m: 'u32',
      n: 'u32',
      k4: 'u32',
      ldc: 'u32',
      first_row: 'u32',
      first_col: 'u32',
      alpha: 'f32',
      accumulate: 'u32',
    },
  });
const kernels = { f32: define('f32'), f16: define('f16'), bf16: define('bf16'), plain: define('plain') };

const roundUp = (n: number, step: number) => Math.ceil(n / step) * step;

/** Rows of `matrix` that one binding holds, so that every chunk starts at a multiple of 256 bytes. */
function rowsPerBinding(matrix: Matrix): number {
  if (matrix.view.bytes <= bindingLimit) return matrix.rows;
  const stride = matrix.cols * elementBytes[matrix.type];
  let quantum = 1;
  while ((quantum * stride) % 256 !== 0) quantum *= 2;
  const rows = Math.floor(bindingLimit / stride / quantum) * quantum;
  assert(rows > 0, `a row of ${matrix.cols} columns is too long to bind`);
  return rows;
}

/**
 * a [m, k] f32 times op(b), in f32: [m, n]. With `into`, adds sign·a·op(b) to it and returns it. Inputs and results of any size:
 * what exceeds a binding is cut into row chunks ('plain' b excepted, which must fit one). Memory of a result is the scope's.
 */
export function matmul(gpu: Gpu, scope: Scope, a: Matrix, b: Matrix, options: MatmulOptions = {}): Matrix {
  const plain = options.b === 'plain';
  const [n, k] = plain ? [b.cols, b.rows] : [b.rows, b.cols];
  const label = options.label ?? 'product';
  assert(a.type === 'f32' && a.cols === k, `${label}: ${a.rows}×${a.cols} ${a.type} times op(${b.rows}×${b.cols})`);
  assert(!plain || b.type === 'f32', `${label}: a plain right factor is f32`);
  const c = options.into ?? emptyMatrix(scope, a.rows, n, label);
  assert(c.rows === a.rows && c.cols === n && c.type === 'f32', `${label}: result is ${c.rows}×${c.cols}`);

  using local = gpu.scope(label);
  // Vector loads want multiples of 4; zeros add nothing to a sum.
  const paddedK = roundUp(k, 4);
  const left = paddedK === k ? a : padCopy(gpu, local, a, a.rows, paddedK);
  const right =
    plain && (k % 4 || n % 4)
      ? padCopy(gpu, local, b, paddedK, roundUp(n, 4))
      : !plain && paddedK !== k
        ? padCopy(gpu, local, b, n, paddedK)
        : b;

  const kernel = kernels[plain ? 'plain' : b.type];
  const rowChunk = Math.min(rowsPerBinding(left), rowsPerBinding(c));
  const colChunk = plain ? n : rowsPerBinding(right);
  for (let row = 0; row < a.rows; row += rowChunk) {
    const rows = Math.min(rowChunk, a.rows - row);
    for (let col = 0; col < n; col += colChunk) {
      const cols = Math.min(colChunk, n - col);
      const bind = {
        a: read(rowRange(left, row, row + rows).view),
        b: read(plain ? right.view : rowRange(right, col, col + cols).view),
        c: readWrite(rowRange(c, row, row + rows).view),
      };
      const constants = { WX: 16, WY: 1 };
      const tileRows = 4 * constants.WY;
      const tileCols = 4 * constants.WX;
      const workPerTileRow = 2 * tileRows * cols * paddedK;
      const tiles = Math.ceil(rows / tileRows);
      for (let done = 0; done < tiles;) {
        const step = Math.min(gpu.slice(workPerTileRow, tiles - done), 65_535);
        gpu.run(kernel, {
          bind,
          params: {
            m: rows,
            n: cols,
            k4: paddedK / 4,
            ldc: n,
            first_row: done * tileRows,
            first_col: col,
            alpha: options.sign ?? 1,
            accumulate: options.into ? 1 : 0,
          },
          constants,
          workgroups: [Math.ceil(cols / tileCols), Math.min(step, tiles - done), 1],
          work: workPerTileRow * step,
        });
        done += step;
      }
    }
  }
  if (options.bias) addRow(gpu, c, options.bias);
  return c;
}
