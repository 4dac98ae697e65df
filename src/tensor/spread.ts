/** How the elements of a matrix are spread: their largest magnitude, root mean square, and a histogram. */
import grid from '../../shaders/lib/grid.wgsl?raw';
import histogramCode from '../../shaders/stats/histogram.wgsl?raw';
import extentCode from '../../shaders/stats/row_extent.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { emptyMatrix, readMatrix, zeroMatrix, type Matrix } from './matrix';

export const rowExtentKernel = defineKernel({
  name: 'row_extent',
  code: extentCode,
  lib: [grid],
  bindings: { x: 'read', y: 'readWrite' },
  params: { rows: 'u32', cols: 'u32' },
});
export const histogramKernel = defineKernel({
  name: 'histogram',
  code: histogramCode,
  bindings: { x: 'read', counts: 'readWrite' },
  params: { count: 'u32', reach: 'f32' },
});

/** Bins of a histogram; the WGSL says the same number. */
export const bins = 32;
/** Workgroups of a histogram: each walks its share of the elements. */
const walkers = 64;

/** [rows, 2] f32: max |x| and Σ x² of each row of x [rows, cols] f32. */
export function rowExtent(gpu: Gpu, scope: Scope, x: Matrix): Matrix {
  const y = emptyMatrix(scope, x.rows, 2, 'extent');
  gpu.run(rowExtentKernel, {
    bind: { x: read(x.view), y: readWrite(y.view) },
    params: { rows: x.rows, cols: x.cols },
    workgroups: Math.ceil(x.rows / 64),
    work: 3 * x.rows * x.cols,
  });
  return y;
}

/** [1, bins] u32 in a matrix's words: elements of x f32 in equal bins over ±reach; the outer bins hold what lies beyond. */
export function histogram(gpu: Gpu, scope: Scope, x: Matrix, reach: number): Matrix {
  const counts = zeroMatrix(scope, 1, bins, 'histogram');
  const count = x.rows * x.cols;
  gpu.run(histogramKernel, {
    bind: { x: read(x.view), counts: readWrite(counts.view) },
    params: { count, reach },
    workgroups: [walkers, 1, 1],
    work: 6 * count,
  });
  return counts;
}

export interface Spread {
  /** max |x| over the root mean square. */
  readonly outliers: number;
  /** Counts of `bins` equal bins over ±`rootMeanSquares` root mean squares. */
  readonly counts: readonly number[];
}

/** Root mean squares on each side of a spread's histogram. */
export const rootMeanSquares = 6;

/** Waits for the GPU twice. */
export async function spreadOf(gpu: Gpu, x: Matrix): Promise<Spread> {
  using scope = gpu.scope('spread');
  const extent = await readMatrix(gpu, rowExtent(gpu, scope, x));
  let [most, squares] = [0, 0];
  for (let row = 0; row < x.rows; row++) {
    most = Math.max(most, extent[2 * row] as number);
    squares += extent[2 * row + 1] as number;
  }
  const rms = Math.sqrt(squares / (x.rows * x.cols));
  if (!(rms > 0)) return { outliers: 0, counts: Array.from({ length: bins }, () => 0) };
  const counts = await gpu.read(histogram(gpu, scope, x, rootMeanSquares * rms).view);
  return { outliers: most / rms, counts: [...new Uint32Array(counts)] };
}
