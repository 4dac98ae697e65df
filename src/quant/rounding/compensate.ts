/**
 * GPTQ (arXiv 2210.17323) in the one-factor form: H damped = R Rᵀ with R upper triangular, R̃ = R·diag(R)⁻¹, D = Ŵ − W,
 *   ŵ_j = quantize(W_j − Σ_{k<j} D_k R̃[k, j]).
 * One Cholesky, no inverse, W never modified; the codes are those of the published three-factor algorithm (reference/compensate.ts
 * has both). Blocks of columns: the feedback of finished columns is a matrix product, inside a block each row walks on its own.
 *
 * Against float64 a code now and then lies so near a tie that float32 takes its neighbour, and the rest of that row then differs, for
 * better or worse: seen in 3 of 72 problems of 300 × 256 with strong outliers, 2 to 7 codes and up to 7e-5 of the loss, and once 17
 * codes and 1e-3. By a numpy experiment it comes from the sums of the walk more than from the float32 factor.
 */
import gridLib from '../../../shaders/lib/grid.wgsl?raw';
import tileLib from '../../../shaders/lib/tile.wgsl?raw';
import feedbackCode from '../../../shaders/rounding/feedback.wgsl?raw';
import code from '../../../shaders/rounding/compensate.wgsl?raw';
import type { Scope, View } from '../../gpu/buffers';
import { read, readWrite, type Gpu } from '../../gpu/gpu';
import { defineKernel } from '../../gpu/kernel';
import { addInto } from '../../tensor/elementwise';
import { emptyMatrix, type Matrix } from '../../tensor/matrix';
import { assert, present } from '../../util/assert';
import { gatherColumns, gatherSymmetric, noColumn, readDiagonal, uploadOrder } from '../columns';
import { factorise, momentFacts, unitColumns, type Factor } from '../damping';
import { fitGroups } from '../grid/fit';
import { importanceOf } from '../grid/importance';
import { perGrid } from '../grid/shaders';
import { blockColumns, groupColumns, identity, type Grouping } from '../groups';
import type { Codes, Context, Grid, Posed, Rounding } from '../problem';
import type { Piece } from '../recipe/recipe';
import { inSlices } from '../slices';
import { greedyPasses, narrowed, type GreedyStep } from './greedy';
import { nearest } from './nearest';
import { nearest as nearestMeta } from './nearest.meta';

const feedbackKernel = defineKernel({
  name: 'feedback',
  code: feedbackCode,
  lib: [tileLib, gridLib],
  bindings: { D: 'read', Rt: 'read', B: 'readWrite' },
  params: { cols: 'u32', begin: 'u32', fit_end: 'u32', first_row: 'u32', last_row: 'u32' },
});
const kernels = perGrid((lib) =>
  defineKernel({
    name: 'compensate',
    code,
    lib,
    bindings: {
      W: 'read',
      Rt: 'read',
      B: 'read',
      group_of: 'read',
      importance: 'read',
      D: 'readWrite',
      codes: 'readWrite',
      parameters: 'readWrite',
    },
    params: {
      cols: 'u32',
      groups: 'u32',
      group: 'u32',
      levels: 'u32',
      begin: 'u32',
      end: 'u32',
      fit_end: 'u32',
      first_row: 'u32',
      last_row: 'u32',
    },
  }),
);

/** Columns [begin, end) are walked in one dispatch; feedback is needed up to fitEnd, where the last group that begins here ends. */
export interface Block {
  readonly begin: number;
  readonly end: number;
  readonly fitEnd: number;
}

type Fit = 'given' | 'fresh' | 'published';
const fitNumber: Readonly<Record<Fit, number>> = { given: 0, fresh: 1, published: 2 };

/**
 * Cuts columns into blocks of 128, as published: what the walk's inner sums then cost is small beside the product. Fresh groups are never
 * cut; published blocks are 128 columns whatever the group.
 */
export function blocksOf(cols: number, group: number, fit: Fit): Block[] {
  const size = fit === 'fresh' ? Math.max(1, Math.floor(blockColumns / group)) * group : blockColumns;
  const blocks: Block[] = [];
  for (let begin = 0; begin < cols; begin += size) {
    const end = Math.min(begin + size, cols);
    const lastStart = Math.floor((end - 1) / group) * group;
    const fitEnd = fit === 'published' && lastStart >= begin ? Math.min(lastStart + group, cols) : end;
    blocks.push({ begin, end, fitEnd: Math.max(end, fitEnd) });
  }
  return blocks;
}

/** The factor of H; as published, an input that never occurs gets H = 1. */
async function factorOf(H: Matrix, damping: number, dead: Uint8Array, scope: Scope, cx: Context): Promise<Factor> {
  if (!dead.includes(1)) return factorise(H, damping, scope, cx);
  using local = cx.gpu.scope('dead columns');
  return await factorise(gatherSymmetric(cx.gpu, local, H, identity(dead.length), 'one'), damping, scope, cx);
}

/** W with zeros where no input ever occurs, as published. */
function livingColumns({ W }: Posed, dead: Uint8Array, scope: Scope, gpu: Gpu): Matrix {
  if (!dead.includes(1)) return W;
  using local = gpu.scope('living columns');
  const living = identity(dead.length).map((j) => (dead[j] ? noColumn : j));
  return gatherColumns(gpu, scope, W, uploadOrder(local, living));
}

/** What the walk rounds, and the factor that its feedback multiplies with. */
export interface Course {
  readonly W: Matrix;
  /** Columns [begin, end) of R̃, which is unit upper triangular, in its first `end` rows: [end, end − begin], owned by the scope. */
  readonly Rt: (scope: Scope, begin: number, end: number) => Matrix;
}

/** Changes the course of the walk: `course` is that of compensation, with dead columns taken out; `factor` is H's. */
export type Steer = (course: Course, factor: Factor, problem: Posed, grid: Grid, cx: Context) => Promise<Course>;

export function compensate(piece: Piece): Rounding {
  return compensateSteered(piece, (course) => Promise.resolve(course));
}

/**
 * The rounding of `compensate` on a course of its own; grids known beforehand are fitted to the problem's weights all the same.
 * @throws NumericError when H cannot be factored with any damping.
 */
export function compensateSteered({ name, damping, groups, staleness, passes = 0 }: Piece, steer: Steer): Rounding {
  assert(typeof damping === 'number' && typeof passes === 'number', 'a parsed compensate piece');
  return async (problem, grid, cx, columnOrder) => {
    const { factors } = problem;
    const diagonal = await readDiagonal(cx.gpu, problem);
    const dead = Uint8Array.from(diagonal, (d) => (d === 0 ? 1 : 0));
    if (!dead.includes(0)) {
      cx.emit({
        type: 'fallback-used',
        wanted: name,
        used: nearestMeta.name,
        reason: 'no input ever occurred: H = 0',
      });
      return nearest()(problem, grid, cx, columnOrder);
    }
    const W = await factors.remember('living columns', (scope) => livingColumns(problem, dead, scope, cx.gpu));
    const factor = await factors.moment.remember(`compensate ${damping}`, (scope) =>
      factorOf(present(problem.H, 'H'), damping, dead, scope, cx),
    );
    const Rt: Course['Rt'] = (scope, begin, end) => unitColumns(factor, grid.width, begin, end, cx.gpu, scope);
    for (const raise of factor.raises) cx.emit({ type: 'damping-raised', ...raise });
    const rows = grid.group === Infinity;
    const kind = groups === 'static' ? 'static' : 'dynamic';
    const map = await groupColumns(W.cols, grid, kind, columnOrder, factors);
    const given = await grid.given?.(problem, cx);
    // As published: parameters of whole rows come from the weights before dead columns are zeroed, those of groups after.
    // One group over all columns is fitted before any is rounded, so on W itself: then no walk of all columns in one dispatch is needed.
    const known = given !== undefined || rows || kind === 'static' || map.size === W.cols;
    const fit: Fit = known ? 'given' : staleness === 'published' ? 'published' : 'fresh';
    const parameters =
      given?.parameters ??
      (fit === 'given'
        ? await fitGroups(rows ? problem.W : W, problem, grid, map, cx)
        : emptyMatrix(cx.scope, W.rows, 2 * map.groups, 'grid parameters'));
    const codes: Codes = given?.decided ?? emptyMatrix(cx.scope, W.rows, W.cols, 'codes');
    const importance = await importanceOf(problem, grid, cx.gpu);
    // Each pass finds in `codes` what the grid decided, not the codes of the pass before.
    const decided = passes > 0 && given?.decided ? emptyMatrix(cx.scope, W.rows, W.cols, 'decided') : null;
    if (decided) cx.gpu.copy(codes.view, decided.view);
    const shared = { grid, map, importance, parameters, codes };
    const course = await steer({ W, Rt }, factor, problem, grid, cx);
    await walk({ ...shared, ...course, fit }, cx);
    if (passes > 0) {
      const start = { problem, W, grid, map, parameters, codes, damping: factor.damping };
      const again = (step: GreedyStep) => {
        if (decided) cx.gpu.copy(decided.view, codes.view);
        return walk({ ...shared, ...step, fit: 'given' }, cx);
      };
      await greedyPasses(start, passes, again, cx);
    }
    const moment = momentFacts(factor, dead);
    return { codes, parameters, groupOf: map.columns, damping: factor.damping, moment };
  };
}

interface Walk extends Course {
  /** [rows, cols] f32, added to what is rounded. */
  readonly added?: Matrix;
  readonly grid: Grid;
  readonly map: Grouping;
  readonly importance: View;
  readonly fit: Fit;
  readonly parameters: Matrix;
  readonly codes: Codes;
}

async function walk({ W, Rt, added, grid, map, importance, fit, parameters, codes }: Walk, cx: Context): Promise<void> {
  const { gpu } = cx;
  using scope = gpu.scope('compensate');
  const { rows, cols } = W;
  const blocks = blocksOf(cols, map.size, fit);
  const D = emptyMatrix(scope, rows, cols, 'D');
  const B = emptyMatrix(scope, rows, Math.max(...blocks.map(({ begin, fitEnd }) => fitEnd - begin)), 'B');
  for (const { begin, end, fitEnd } of blocks) {
    using local = gpu.scope('block');
    const width = fitEnd - begin;
    const factor = Rt(local, begin, fitEnd);
    if (begin > 0) {
      await inSlices(cx, rows, 2 * begin * width, 32, (first_row, last_row) =>
        gpu.run(feedbackKernel, {
          bind: { D: read(D.view), Rt: read(factor.view), B: readWrite(B.view) },
          params: { cols, begin, fit_end: fitEnd, first_row, last_row },
          workgroups: Math.ceil((Math.ceil(width / 4) * Math.ceil((last_row - first_row) / 8)) / 32),
          work: 2 * (last_row - first_row) * begin * width,
        }),
      );
    }
    if (added) {
      const columns = uploadOrder(
        scope,
        Uint32Array.from({ length: width }, (_, i) => begin + i),
      );
      const part = gatherColumns(gpu, scope, added, columns);
      if (begin > 0) addInto(gpu, narrowed(B, width), part);
      else gpu.copy(part.view, narrowed(B, width).view);
      scope.free(part.view.buffer);
    }
    // Half a square of sums; twice where groups are fitted, and the grid's own search on top.
    const search = fit !== 'given' ? grid.fitWork * width : 0;
    const perRow = (fit === 'given' ? 1 : 2) * width * width + search + (grid.roundWork ?? 0) * (end - begin);
    await inSlices(cx, rows, perRow, 64, (first_row, last_row) =>
      gpu.run(kernels(grid.shader), {
        bind: {
          W: read(W.view),
          Rt: read(factor.view),
          B: read(B.view),
          group_of: read(map.groupOf),
          importance: read(importance),
          D: readWrite(D.view),
          codes: readWrite(codes.view),
          parameters: readWrite(parameters.view),
        },
        params: {
          cols,
          groups: map.groups,
          group: map.size,
          levels: 2 ** grid.bits - 1,
          begin,
          end,
          fit_end: fitEnd,
          first_row,
          last_row,
        },
        constants: { ...grid.constants, FIT: fitNumber[fit], ADDED: added ? 1 : 0 },
        workgroups: Math.ceil((last_row - first_row) / 64),
        work: perRow * (last_row - first_row),
      }),
    );
    await cx.gpu.pace(cx.signal);
  }
}
