/**
 * C = A·op(B) in f32. Every output is summed over k in order by one accumulator, whatever tile computes it, so results do not
 * depend on the tuning. Not for a triangle of a symmetric product: see gram.ts.
 */
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { groupsPerDimension } from '../gpu/limits';
import { assert } from '../util/assert';
import { addRow } from './addRow';
import { tiles, type TileName, type Way } from './matmulTiles';
import { elementBytes, emptyMatrix, rowRange, type Matrix } from './matrix';
import { columnRange } from './panels';
import { floatTile, wayFor } from './tileChoice';
import { unpack } from './unpack';

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

/** Rows of `matrix` that one binding holds, so that every chunk starts at a multiple of 256 bytes. */
export function rowsPerBinding({ bindable }: Gpu, matrix: Matrix): number {
  if (matrix.view.bytes <= bindable) return matrix.rows;
  const stride = matrix.cols * elementBytes[matrix.type];
  let quantum = 1;
  while ((quantum * stride) % 256 !== 0) quantum *= 2;
  const rows = Math.floor(bindable / stride / quantum) * quantum;
  assert(rows > 0, `a row of ${matrix.cols} columns is too long to bind`);
  return rows;
}

/** Columns of a 'plain' right factor in one binding; whole tiles of any kernel, so that a tile's work is not wasted at the border. */
function columnsPerBinding({ bindable }: Gpu, { view, rows, cols }: Matrix): number {
  return view.bytes <= bindable ? cols : Math.max(64, Math.floor(bindable / (4 * rows) / 64) * 64);
}

const columnsOf = (gpu: Gpu, scope: Scope, b: Matrix, begin: number, end: number) =>
  end - begin === b.cols ? b : columnRange(gpu, scope, b, begin, end);

/**
 * a [m, k] f32 times op(b), in f32: [m, n]. With `into`, adds sign·a·op(b) to it and returns it. Operands of any size: what exceeds
 * a binding is cut into row chunks, a 'plain' b into copies of column ranges. A new result belongs to the scope.
 */
export function matmul(gpu: Gpu, scope: Scope, a: Matrix, b: Matrix, options: MatmulOptions = {}): Matrix {
  const n = options.b === 'plain' ? b.cols : b.rows;
  const c = options.into ?? emptyMatrix(scope, a.rows, n, options.label ?? 'product');
  matmulWith(gpu, wayFor(gpu, options.b === 'plain' ? 'plain' : b.type, a.rows, n), a, b, c, options);
  return c;
}

/** Bytes of unpacked weights at once; far below one binding. */
const panelBytes = 32 * 2 ** 20;
/** Rows of a panel are a multiple of this, so that panels of any weights start at multiples of 256 bytes. */
const panelQuantum = 128;

/** The same with the way given, into c; for tuning and tests. */
export function matmulWith(gpu: Gpu, way: Way, a: Matrix, b: Matrix, c: Matrix, options: MatmulOptions = {}): void {
  const n = options.b === 'plain' ? b.cols : b.rows;
  assert(c.cols === n, `${options.label ?? 'product'}: ${n} columns into ${c.cols}`);
  if (way === 'unpacked') multiplyUnpacked(gpu, a, b, c, options);
  else multiply(gpu, way, a, b, c, options, 0);
  if (options.bias) addRow(gpu, c, options.bias);
}

/** By panels of b's rows, which are unpacked, used and given back. */
function multiplyUnpacked(gpu: Gpu, a: Matrix, b: Matrix, c: Matrix, options: MatmulOptions): void {
  const fit = Math.floor(panelBytes / (4 * b.cols) / panelQuantum) * panelQuantum;
  const step = Math.max(panelQuantum, fit);
  for (let begin = 0; begin < b.rows; begin += step) {
    {
      using panel = gpu.scope('unpacked weights');
      const floats = unpack(gpu, panel, rowRange(b, begin, Math.min(b.rows, begin + step)));
      multiply(gpu, floatTile(gpu, a.rows, floats.rows), a, floats, c, options, begin);
    }
    // Submitting lets the next panel re-use this one's memory.
    if (begin + step < b.rows) gpu.flush();
  }
}

/** Columns [firstCol, firstCol + n) of c, by one tile. */
function multiply(
  gpu: Gpu,
  tileName: TileName,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  options: MatmulOptions,
  firstCol: number,
): void {
  const plain = options.b === 'plain';
  const [n, k] = plain ? [b.cols, b.rows] : [b.rows, b.cols];
  const label = options.label ?? 'product';
  assert(a.type === 'f32' && a.cols === k, `${label}: ${a.rows}×${a.cols} ${a.type} times op(${b.rows}×${b.cols})`);
  assert(!plain || b.type === 'f32', `${label}: a plain right factor is f32, not ${b.type}`);
  assert(
    c.rows === a.rows && firstCol + n <= c.cols && c.type === 'f32',
    `${label}: result is ${c.rows}×${c.cols} ${c.type}`,
  );
  assert(a.rows > 0 && n > 0 && k > 0, `${label}: an empty product ${a.rows}×${n}×${k}`);
  const tile = tiles[tileName];
  const kernel = tile.kernels[plain ? 'plain' : b.type];
  const rowChunk = Math.min(rowsPerBinding(gpu, a), rowsPerBinding(gpu, c));
  const colChunk = plain ? columnsPerBinding(gpu, b) : rowsPerBinding(gpu, b);
  for (let col = 0; col < n; col += colChunk) {
    using local = gpu.scope('right factor');
    const cols = Math.min(colChunk, n - col);
    const right = plain ? columnsOf(gpu, local, b, col, col + cols) : rowRange(b, col, col + cols);
    for (let row = 0; row < a.rows; row += rowChunk) {
      const rows = Math.min(rowChunk, a.rows - row);
      const bind = {
        a: read(rowRange(a, row, row + rows).view),
        b: read(right.view),
        c: readWrite(rowRange(c, row, row + rows).view),
      };
      const count = Math.ceil(rows / tile.rows) * Math.ceil(cols / tile.cols);
      const work = 2 * tile.rows * tile.cols * k;
      for (let first = 0; first < count;) {
        // Not folded: workgroups past the end of a slice would do tiles of the next, and an accumulating product would gain them twice.
        const step = Math.min(gpu.slice(work, count - first, tile.perGroup), groupsPerDimension * tile.perGroup);
        gpu.run(kernel, {
          bind,
          params: {
            m: rows,
            n: cols,
            k,
            ldc: c.cols,
            first_tile: first,
            first_col: firstCol + col,
            alpha: options.sign ?? 1,
            accumulate: options.into ? 1 : 0,
            outputs: tile.outputs,
          },
          workgroups: Math.ceil(step / tile.perGroup),
          work: work * step,
        });
        first += step;
      }
    }
  }
}
