/**
 * Rounds the matrices of a checkpoint one by one, by recipes that read no inputs, and tells how much of each is lost: ‖W − Ŵ‖² / ‖W‖². For
 * weights of any model, whether it can be run or not. Streams: of the weights a range of rows is held at a time, on the GPU as in main
 * memory. As a run, nothing is thrown at the caller, and the same request on the same adapter gives the same log.
 */
import type { Checkpoint, TensorEntry } from '../formats/checkpoint';
import { rowsOf } from '../formats/tensorView';
import type { Scope } from '../gpu/buffers';
import type { Gpu } from '../gpu/gpu';
import { bindingLimit } from '../gpu/limits';
import { addRounded, shareOf, totalsOf, type MatrixRounded, type RoundingEvent } from '../log/rounding';
import { matricesOf } from '../model/matrices';
import { uploadTensor } from '../model/weights';
import { FactorCache } from '../quant/factorCache';
import { requireNoInputs } from '../quant/recipe/assignment';
import { parseRecipe } from '../quant/recipe/parseRecipe';
import type { PlainPoint } from '../quant/recipe/plainMethods';
import { solveLayer } from '../quant/solve/solveLayer';
import { addInto } from '../tensor/elementwise';
import { readMatrix, type Matrix } from '../tensor/matrix';
import { rowDot } from '../tensor/rowDot';
import { Cancelled, FetchError, FormatError, GpuError, RecipeError, toErrorRecord } from '../util/errors';
import { sha256 } from '../util/hash';
import { createRng } from '../util/rng';
import { requireFinite, requireOwnFailure } from './failure';
import { Progress } from './progress';
import { rowParts, rowQuantum, tableRows } from './siteProblem';

export interface RoundingInput {
  readonly gpu: Gpu;
  readonly checkpoint: Checkpoint;
  readonly points: readonly PlainPoint[];
  readonly signal: AbortSignal;
  readonly appVersion: string;
  /** The clock of the log; tests fix it. */
  readonly now?: () => Date;
  /** Bytes of a range of rows as float32; tests allow less. */
  readonly limit?: number;
}

/** Most points: as many columns are no longer looked at. */
const mostPoints = 200;

/** The events are the log: rounding-started first; rounding-finished, -stopped or -failed last. */
export async function* roundMatrices(input: RoundingInput): AsyncGenerator<RoundingEvent, void> {
  const clock = () => performance.now() / 1000;
  const start = clock();
  try {
    yield* attempt(input, clock, start);
  } catch (error) {
    const secondsElapsed = clock() - start;
    if (error instanceof Cancelled || input.signal.aborted) yield { type: 'rounding-stopped', secondsElapsed };
    else yield { type: 'rounding-failed', error: toErrorRecord(error), secondsElapsed };
  }
}

async function* attempt(input: RoundingInput, clock: () => number, start: number): AsyncGenerator<RoundingEvent, void> {
  const { gpu, checkpoint, appVersion, now } = input;
  const points = settle(input.points);
  const matrices = matricesOf(checkpoint);
  if (matrices.length === 0) {
    throw new FormatError(
      'no-matrices',
      `${checkpoint.name}: no tensor is a matrix of at least 32 × 32, so there is nothing to round.`,
    );
  }
  const started = {
    type: 'rounding-started',
    app: appVersion,
    at: (now?.() ?? new Date()).toISOString(),
    checkpoint: {
      name: checkpoint.name,
      fingerprint: await checkpoint.fingerprint(),
      bytes: [...checkpoint.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    },
    adapter: gpu.card,
    points,
    matrices: matrices.length,
  } as const;
  yield started;
  const progress = new Progress(clock);
  const weights = matrices.reduce((sum, entry) => sum + countOf(entry), 0);
  for (const point of points) progress.plan(kindOf(point), weights, weights / matrices.length);
  let sums: ReturnType<typeof addRounded> = new Map();
  for (const entry of matrices) {
    for await (const event of roundMatrix(input, points, entry, progress)) {
      if (event.type === 'matrix-rounded') sums = addRounded(sums, [event]);
      yield event;
    }
  }
  yield { type: 'rounding-finished', totals: totalsOf(started, sums), secondsElapsed: clock() - start };
}

const kindOf = ({ id }: PlainPoint) => ({ phase: 'quantizing', name: id }) as const;
const countOf = ({ shape }: TensorEntry) => shape.reduce((product, size) => product * size, 1);

/** @throws RecipeError that names the point. */
function settle(asked: readonly PlainPoint[]): readonly PlainPoint[] {
  if (asked.length === 0 || asked.length > mostPoints) {
    throw new RecipeError('bad-setting', `points: there are ${asked.length}; expected 1 to ${mostPoints}.`);
  }
  const points = asked.map((point) => ({ ...point, recipe: parseRecipe(point.recipe) }));
  for (const { id, recipe } of points) {
    requireNoInputs(`of ${id}`, recipe);
    if (points.filter((other) => other.id === id).length > 1) {
      throw new RecipeError('bad-setting', `points: two are named "${id}"; expected one of each name.`);
    }
  }
  return points;
}

/** A point of a matrix, range by range. */
interface Tally {
  squaredError: number;
  bits: number;
  used: string | null;
  seconds: number;
  readonly hashes: string[];
}

/** Every point of one matrix. What is wrong with it alone is told, and no failure of the others. */
async function* roundMatrix(
  { gpu, signal, limit = bindingLimit }: RoundingInput,
  points: readonly PlainPoint[],
  entry: TensorEntry,
  progress: Progress,
): AsyncGenerator<RoundingEvent, void> {
  const [rows = 0, cols = 0] = entry.shape;
  const tallies = new Map<string, Tally>(
    points.map(({ id }) => [id, { squaredError: 0, bits: 0, used: null, seconds: 0, hashes: [] }]),
  );
  let energy = 0;
  let done = 0;
  try {
    for (const [begin, end] of rangesOf(entry, limit)) {
      using scope = gpu.scope('matrix rows');
      const W = await rowsAsFloats(gpu, scope, entry, begin, end);
      energy += await sumOfRows(gpu, rowDot(gpu, scope, W, W));
      const factors = FactorCache.of(scope);
      for (const point of points) {
        const { id, recipe } = point;
        const tally = tallies.get(id);
        const before = progress.clock();
        try {
          if (tally) await round({ W, factors }, recipe, tally, { gpu, signal });
        } catch (error) {
          requireOwnFailure(error, gpu, signal);
          tallies.delete(id);
          yield { type: 'matrix-failed', tensor: entry.name, point: id, error: toErrorRecord(error) };
        }
        if (tally) tally.seconds += progress.clock() - before;
        progress.advance(kindOf(point), W.rows * cols, tally ? 'computed' : 'kept');
        yield* progress.told('quantizing', id);
        await gpu.pace(signal);
      }
      done += W.rows * cols;
    }
  } catch (error) {
    requireOwnFailure(error, gpu, signal);
    // A file that is gone is gone for every matrix.
    if (error instanceof FetchError) throw error;
    yield { type: 'matrix-failed', tensor: entry.name, point: null, error: toErrorRecord(error) };
    for (const point of points) progress.plan(kindOf(point), done - countOf(entry), 0);
    return;
  }
  for (const { id: point, method, bits } of points) {
    const tally = tallies.get(point);
    if (!tally) continue;
    const { squaredError, used, seconds, hashes } = tally;
    const [first = ''] = hashes;
    const bitsPerWeight = tally.bits / (rows * cols);
    const rounded: MatrixRounded = {
      ...{ type: 'matrix-rounded', tensor: entry.name, point, method, bits, rows, cols, stored: entry.bytes },
      ...{ error: shareOf({ squaredError, energy }), squaredError, energy, bitsPerWeight, used },
      hash: hashes.length === 1 ? first : await sha256(hashes.join('')),
      seconds,
    };
    requireFinite(rounded, `${point}, ${entry.name}:`);
    yield rounded;
  }
}

/** Adds what a recipe makes of these rows. */
async function round(
  { W, factors }: { readonly W: Matrix; readonly factors: FactorCache },
  recipe: PlainPoint['recipe'],
  tally: Tally,
  { gpu, signal }: Pick<RoundingInput, 'gpu' | 'signal'>,
): Promise<void> {
  using scope = gpu.scope('rounded rows');
  const rng = createRng(0);
  const { What, bits, hash } = await solveLayer({ W, factors }, recipe, {
    ...{ gpu, scope, signal, rng, shared: rng },
    emit: (event) => {
      if (event.type === 'fallback-used') tally.used = event.used;
    },
  });
  // Ŵ − W takes the place of Ŵ, which nobody needs any more.
  addInto(gpu, What, W, -1);
  tally.squaredError += await sumOfRows(gpu, rowDot(gpu, scope, What, What));
  tally.bits += bits;
  tally.hashes.push(hash);
}

/** Of rows [begin, end), of which one upload in their stored type is held for a moment. */
async function rowsAsFloats(gpu: Gpu, scope: Scope, entry: TensorEntry, begin: number, end: number): Promise<Matrix> {
  using local = gpu.scope('stored rows');
  const every = entry.shape[0] ?? 0;
  const stored = await uploadTensor(gpu, local, rowsOf(entry, entry.name, { begin, end, every }));
  const W = tableRows(gpu, stored)(scope, 0, end - begin);
  // Submitted, so that what was uploaded is memory again.
  gpu.flush();
  return W;
}

/** As sites are cut, so that a matrix gives the same codes here and there. A GpuError where a binding holds too few rows. */
function rangesOf({ name, shape: [rows = 0, cols = 0] }: TensorEntry, limit: number): ReturnType<typeof rowParts> {
  if (rows * cols * 4 > limit && rowQuantum * cols * 4 > limit) {
    throw new GpuError(
      'too-big',
      `${name} has ${cols} columns; expected at most ${Math.floor(limit / (4 * rowQuantum))}, of which ${rowQuantum} rows fit a binding.`,
      { tensor: name, found: cols },
    );
  }
  return rowParts(rows, cols, limit);
}

/** In float64, in order. */
const sumOfRows = async (gpu: Gpu, rows: Matrix): Promise<number> =>
  (await readMatrix(gpu, rows)).reduce((sum, value) => sum + value, 0);
