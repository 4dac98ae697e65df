/**
 * The Hadamard rotation of a matrix's columns, Q = (M ⊗ S)/√n of util/hadamard.ts: butterflies in workgroup memory for S, a small
 * dense product for M. With signs it is the randomized Hadamard transform of QuIP# (arXiv 2402.04396).
 */
import grid from '../../shaders/lib/grid.wgsl?raw';
import code from '../../shaders/linalg/hadamard.wgsl?raw';
import type { Scope } from '../gpu/buffers';
import { read, readWrite, type Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { assert } from '../util/assert';
import { hadamardOf, sylvester, type HadamardFactor } from '../util/hadamard';
import { kronecker } from './kronecker';
import { emptyMatrix, uploadMatrix, type Matrix } from './matrix';
import { panelOf, panelsOf } from './panels';

export const hadamardKernel = defineKernel({
  name: 'hadamard',
  code,
  lib: [grid],
  bindings: { x: 'read', signs: 'read', y: 'readWrite' },
  params: { cols: 'u32', count: 'u32', first_tile: 'u32', scale: 'f32' },
});

export interface HadamardOptions {
  /** `forward`: x·diag(signs)·Qᵀ. `inverse`: x·Q·diag(signs), which takes it back. */
  readonly direction?: 'forward' | 'inverse';
  /** [1, width] f32 of ±1; none when left out. */
  readonly signs?: Matrix;
  /** Columns that are rotated together, a divisor of the columns: every run of `width` by the same Q (heads). All when left out. */
  readonly width?: number;
}

/** What workgroup memory holds: 4096 f32 are the 16 KiB that every adapter guarantees. */
const widestPower = 4096;
/** Elements of a workgroup where runs are shorter: 8 for each of 64 invocations. */
const smallTile = 512;

/** x [rows, cols] f32. Returns [rows, cols] f32, owned by `scope`. */
export function hadamard(gpu: Gpu, scope: Scope, x: Matrix, options: HadamardOptions = {}): Matrix {
  const { direction = 'forward', signs, width = x.cols } = options;
  assert(x.type === 'f32' && x.cols % width === 0, `a rotation of ${width} for ${x.cols} columns of ${x.type}`);
  assert(!signs || signs.cols === width, `${signs?.cols} signs for ${width} columns`);
  using local = gpu.scope('hadamard');
  const { order, power, matrix } = withinWorkgroup(hadamardOf(width));
  // Forward: signs first, so the butterflies, which carry them, come first; inverse: last. The two factors commute.
  if (order === 1) return butterflies(gpu, scope, x, width, power, direction, signs);
  const dense = direction === 'forward' ? matrix : transposed(matrix, order);
  const factor = uploadMatrix(local, Float32Array.from(dense), order, order, 'hadamard factor');
  if (direction === 'forward') {
    return kronecker(gpu, scope, butterflies(gpu, local, x, width, power, direction, signs), factor, power);
  }
  return butterflies(gpu, scope, kronecker(gpu, local, x, factor, power), width, power, direction, signs);
}

/** x·diag(signs)·(I ⊗ S)/√width, or with the signs after. */
function butterflies(
  gpu: Gpu,
  scope: Scope,
  x: Matrix,
  width: number,
  power: number,
  direction: 'forward' | 'inverse',
  signs: Matrix | undefined,
): Matrix {
  const y = emptyMatrix(scope, x.rows, x.cols, 'rotated');
  const tile = Math.max(power, smallTile);
  const work = tile * (2 + Math.log2(power));
  for (const panel of panelsOf(gpu, x.rows, x.cols)) {
    const [from, to] = [panelOf(x, panel).view, panelOf(y, panel).view];
    const count = (panel.end - panel.begin) * x.cols;
    const tiles = Math.ceil(count / tile);
    for (let first = 0; first < tiles;) {
      const step = gpu.slice(work, tiles - first);
      gpu.run(hadamardKernel, {
        bind: { x: read(from), signs: read(signs?.view ?? from), y: readWrite(to) },
        params: { cols: width, count, first_tile: first, scale: 1 / Math.sqrt(width) },
        constants: { POWER: power, TILE: tile, SIGNS: signs ? (direction === 'forward' ? 1 : 2) : 0 },
        workgroups: step,
        work: work * step,
      });
      first += step;
    }
  }
  return y;
}

/** The same rotation with a power of at most 4096: the rest of Sylvester's factor moves into the dense one. */
function withinWorkgroup(factor: HadamardFactor): Pick<HadamardFactor, 'order' | 'power' | 'matrix'> {
  if (factor.power <= widestPower) return factor;
  const extra = factor.power / widestPower;
  const order = factor.order * extra;
  const matrix = Float64Array.from({ length: order * order }, (_, at) => {
    const [i, j] = [Math.floor(at / order), at % order];
    const m = factor.matrix[Math.floor(i / extra) * factor.order + Math.floor(j / extra)] as number;
    return m * sylvester(i % extra, j % extra);
  });
  return { order, power: widestPower, matrix };
}

function transposed(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((_, at) => matrix[(at % n) * n + Math.floor(at / n)] as number);
}
