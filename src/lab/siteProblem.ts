/**
 * Matrices on their way through a recipe: taken as float32 rows, rounded in ranges that one binding holds, and restored bit for bit
 * from what is stored of them. A site's matrices are stacked, because they share H.
 */
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { bindingLimit } from '../gpu/limits';
import type { OpenBlock, Site } from '../model/model';
import type { Insight } from '../quant/solve/insight';
import type { Context, Kin, LayerProblem, Neighbours } from '../quant/problem';
import type { Recipe } from '../quant/recipe/recipe';
import { restoreLayer } from '../quant/solve/restore';
import { solveLayer, type SolvedLayer } from '../quant/solve/solveLayer';
import type { StoredLayer } from '../quant/storedLayer';
import { emptyMatrix, rowRange, uploadMatrix, zeroMatrix, type Matrix } from '../tensor/matrix';
import { gather } from '../tensor/nn/gather';
import { splitRows, stackRows } from '../tensor/pieces';
import { present } from '../util/assert';
import { sha256 } from '../util/hash';
import type { Moment } from './calibrate';

/** Bytes of rows that are made float32 at once, beside the stacked ones. */
const heldRows = 2 ** 25;

/** A matrix that cannot be bound whole is rounded in ranges of a multiple of so many rows. */
export const rowQuantum = 64;

/** Of a site's matrices, stacked. */
export const rowsOf = ({ layers }: Site): number => layers.reduce((sum, { rows }) => sum + rows, 0);

/** What a recipe made of a matrix: everything but Ŵ itself, which `parts` restore. */
export interface Solved {
  readonly rows: number;
  readonly cols: number;
  /** Row ranges from top to bottom; one for all but very large matrices. */
  readonly parts: readonly StoredLayer[];
  /** Storage bits as exported, of the whole matrix. */
  readonly storageBits: number;
  /** Operations a token beside the matrix's own, when the model runs; left out where there are none. */
  readonly operations?: number;
  readonly energy: number | null;
  readonly nearestLoss: number | null;
  readonly loss: number | null;
  readonly damping: number;
  /** Of the first row range, where there are several. */
  readonly insight: Insight | null;
  readonly hash: string;
}

/** What of it, and with which recipe, Ŵ is restored from. */
export interface Restorable extends Pick<Solved, 'parts'> {
  readonly recipe: Recipe;
}

/** Rows [begin, end) as [rows, cols] f32, owned by the scope. */
export type TakeRows = (scope: Scope, begin: number, end: number) => Matrix;

/** The block with the weights of the site at hand, where it opens its experts one by one; `scope` owns what is opened for it. */
export async function openedFor(block: OpenBlock, { routed }: Site, scope: Scope): Promise<OpenBlock> {
  if (!routed || !block.expert) return block;
  return { ...block, weights: new Map([...block.weights, ...(await block.expert(routed.expert, scope))]) };
}

/** Row ranges of a [rows, cols] f32 matrix, each within one binding. */
export function rowParts(rows: number, cols: number, limit = bindingLimit): (readonly [number, number])[] {
  const fit = Math.floor(limit / (4 * cols));
  if (rows <= fit) return [[0, rows]];
  const step = Math.max(rowQuantum, Math.floor(fit / rowQuantum) * rowQuantum);
  return Array.from({ length: Math.ceil(rows / step) }, (_, i) => [i * step, Math.min(rows, (i + 1) * step)] as const);
}

/** The matrices of a site, one below the other, in float32 whatever they are stored in. */
export function siteRows(gpu: Gpu, block: OpenBlock, site: Site): TakeRows {
  return (scope, begin, end) => {
    const stacked = emptyMatrix(scope, end - begin, site.cols, 'site rows');
    const step = Math.max(1, Math.floor(heldRows / (4 * site.cols)));
    let top = 0;
    for (const { name, rows } of site.layers) {
      const weight = present(block.weights.get(name), `block ${block.index}: ${name}`);
      const last = Math.min(end, top + rows);
      for (let first = Math.max(begin, top); first < last; first += step) {
        using local = gpu.scope('rows');
        const part = tableRows(gpu, weight)(local, first - top, Math.min(last, first + step) - top);
        gpu.copy(part.view, rowRange(stacked, first - begin, first - begin + part.rows).view);
        // Submitted, so that the next rows have the same memory.
        gpu.flush();
      }
      top += rows;
    }
    return stacked;
  };
}

/** Rows of a matrix of any stored type and size, as float32. */
export function tableRows(gpu: Gpu, table: Matrix): TakeRows {
  return (scope, begin, end) => {
    using local = gpu.scope('row numbers');
    const numbers = Uint32Array.from({ length: end - begin }, (_, i) => begin + i);
    return gather(gpu, scope, table, uploadMatrix(local, numbers, numbers.length, 1, 'row numbers'));
  };
}

/**
 * Rounds a site's stacked matrices by a recipe, in row ranges of at most `limit` bytes. Widths that are given the same moment share
 * its factors.
 * @throws what the quantizers throw: NumericError, RecipeError, Cancelled.
 */
export function roundSite(
  block: OpenBlock,
  site: Site,
  recipe: Recipe,
  moment: Moment | null,
  cx: Omit<Context, 'scope'>,
  { moduleError, kin, limit = bindingLimit }: Around = {},
): Promise<Solved> {
  const rows = rowsOf(site);
  const take: TakeRows = moment?.dead
    ? (scope, begin, end) => zeroMatrix(scope, end - begin, site.cols, 'a dead expert')
    : siteRows(cx.gpu, block, site);
  return solveParts(rows, site.cols, cx, limit, async (range, local) => {
    // Neighbours are told of whole sites: in a range of rows no change of basis passes into them.
    const neighbours = range[1] - range[0] === rows ? neighboursOf(block, site, kin) : undefined;
    const around = neighbours && { neighbours, ...(moduleError && { moduleError }), ...(kin && { kin }) };
    if (!moment) return solveLayer({ W: take(local.scope, ...range), ...around }, recipe, local);
    if (range[1] - range[0] === rows) {
      const W = await moment.factors.remember('weights', (scope) => take(scope, ...range));
      return solveLayer({ W, ...moment, ...around }, recipe, local);
    }
    // Ranges share what follows from H; what depends on W lives as long as its range, or a wide layer would be kept twice in float32.
    const factors = moment.factors.rangeOf(local.scope, `rows ${range[0]}`);
    return solveLayer({ W: take(local.scope, ...range), ...moment, ...around, factors }, recipe, local);
  });
}

/** What a site's problem is told of its surroundings, and the most bytes of one range of rows. */
export interface Around extends Pick<LayerProblem, 'moduleError' | 'kin'> {
  readonly limit?: number;
}

/** What lies around a site, in the terms of its rows and columns. `kin`: those that read the same norm, where they are at hand. */
export function neighboursOf({ index, others }: OpenBlock, { reads, layers, cols }: Site, kin?: Kin): Neighbours {
  return {
    input: inputOf(reads, kin, (norm) => present(others.get(norm), `block ${index}: ${norm}`)),
    outputs: layers.map(({ rows, writes, headSize, centred = false }) => {
      if (writes === 'heads') return { kind: writes, rows, size: headSize ?? cols };
      if (writes === 'stream') return { kind: writes, rows, centred };
      return { kind: writes, rows };
    }),
  };
}

function inputOf(reads: Site['reads'], kin: Kin | undefined, gains: (norm: string) => Matrix): Neighbours['input'] {
  switch (reads.kind) {
    case 'stream': {
      const { norm, turns, together } = reads;
      const scales = reads.scales && (!together || kin !== undefined);
      return { kind: 'stream', gains: norm === null ? null : gains(norm), turns, scales };
    }
    case 'none':
      return { kind: 'fixed' };
    case 'gains':
      // They take factors as rows do, and nothing else.
      return { kind: 'channels' };
    case 'heads':
    case 'channels':
      return reads;
  }
}

/** Rounds an embedding or head by a recipe that reads no inputs. */
export function roundTable(table: Matrix, recipe: Recipe, cx: Omit<Context, 'scope'>): Promise<Solved> {
  const take = tableRows(cx.gpu, table);
  return solveParts(table.rows, table.cols, cx, bindingLimit, (range, local) =>
    solveLayer({ W: take(local.scope, ...range) }, recipe, local),
  );
}

async function solveParts(
  rows: number,
  cols: number,
  cx: Omit<Context, 'scope'>,
  limit: number,
  solve: (range: readonly [number, number], cx: Context) => Promise<SolvedLayer>,
): Promise<Solved> {
  const solved: SolvedLayer[] = [];
  for (const range of rowParts(rows, cols, limit)) {
    using scope = cx.gpu.scope('layer');
    solved.push(await solve(range, { ...cx, scope }));
    await cx.gpu.pace(cx.signal);
  }
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number | null>((total, v) => (total === null || v === null ? null : total + v), 0);
  const [first] = solved;
  const operations = solved.reduce((total, layer) => total + layer.operations, 0);
  return {
    rows,
    cols,
    parts: solved.map(({ stored }) => stored),
    storageBits: solved.reduce((total, { bits }) => total + bits, 0),
    ...(operations > 0 && { operations }),
    energy: sum(solved.map(({ energy }) => energy)),
    nearestLoss: sum(solved.map(({ nearestLoss }) => nearestLoss)),
    loss: sum(solved.map(({ loss }) => loss)),
    damping: Math.max(...solved.map(({ damping }) => damping)),
    insight: first?.insight ?? null,
    hash: solved.length === 1 && first ? first.hash : await sha256(solved.map(({ hash }) => hash).join('')),
  };
}

/** Ŵ [rows, cols] f32 of what was solved by this recipe. */
export async function restore(gpu: Gpu, scope: Scope, parts: readonly StoredLayer[], recipe: Recipe): Promise<Matrix> {
  const [only] = parts;
  if (only && parts.length === 1) return restoreLayer(only, recipe, { gpu, scope });
  using local = gpu.scope('restored parts');
  const restored: Matrix[] = [];
  for (const part of parts) restored.push(await restoreLayer(part, recipe, { gpu, scope: local }));
  return stackRows(gpu, scope, restored);
}

/** The site's Ŵ as one matrix per layer, by layer name. */
export async function restoreSite(
  gpu: Gpu,
  scope: Scope,
  site: Site,
  parts: readonly StoredLayer[],
  recipe: Recipe,
): Promise<ReadonlyMap<string, Matrix>> {
  using local = gpu.scope('restored site');
  const stacked = await restore(gpu, local, parts, recipe);
  const matrices = splitRows(
    gpu,
    scope,
    stacked,
    site.layers.map(({ rows }) => rows),
  );
  return new Map(site.layers.map(({ name }, i) => [name, present(matrices[i], name)]));
}
