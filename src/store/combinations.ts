/** The combination matrix on the page: which cells there are, what the shown run has measured of them, and running them all. */
import type { Estimate, PlannedPoint, RunSettings } from '../log/events';
import {
  combinationMatrix,
  isMatrixMethod,
  type MatrixCell,
  type MatrixColumn,
  type MatrixLine,
} from '../quant/recipe/combinations';
import { assign } from '../quant/recipe/assignment';
import { split } from '../log/verdict/rank';
import type { Calibration, Candidate } from '../log/verdict/candidate';
import { judged } from '../log/verdict/supply';
import type { Bench } from './bench';
import { measurementOf, tableGrids, type Setup } from './plan';
import type { PointView, RunView } from './runView';
import type { Runs } from './runs';
import type { LabState } from './state';
import { finishedOf } from './verdict';

/** Shades of a cell, from the least loss of the shown matrix to the most. */
export const shades = 8;
/** ln ratios below this are all the least: "no loss seen" has no logarithm. */
const leastLoss = 1e-4;
/** The width of an untouched page: at 4 bits methods are close, at 2 most models break. */
const usualWidth = 3;

/** best: told apart from all others; lowest: by its mean only; tied: cannot be told apart from the lowest. */
export type CellRank = 'best' | 'lowest' | 'tied';

export interface MatrixCellView {
  readonly id: string;
  readonly method: string;
  readonly state: 'impossible' | 'open' | PointView['state'];
  /** Why it is impossible. */
  readonly reason: string | null;
  readonly lnRatio: Estimate | null;
  /** What the cell stores per weight: scales and corrections make it more than the width. Null until its layers are quantized. */
  readonly bitsPerWeight: number | null;
  readonly windows: number;
  readonly windowsTotal: number;
  /** 0 (least loss) to shades − 1; null where nothing is measured. */
  readonly shade: number | null;
  readonly rank: CellRank | null;
  /** Bits per weight more (or less) than most cells of the matrix store; null for those cells, and where nothing is measured. */
  readonly extraBits: number | null;
}

/** Whether cells that store more than most are compared with them: half a bit buys much, at three bits. */
export type Compared = 'same-size' | 'all';

/** Bits per weight by which cells may differ and still be of one size: parameters of a transform. */
const equalBits = 0.1;

export interface MatrixView {
  readonly bits: number;
  readonly group: number | null;
  readonly rows: readonly MatrixLine[];
  readonly columns: readonly MatrixColumn[];
  readonly cells: readonly (readonly MatrixCellView[])[];
  /** How many cells can run, and how many are measured in full. */
  readonly possible: number;
  readonly finished: number;
  /** Least and most measured ln ratio; null before the first. */
  readonly range: readonly [number, number] | null;
}

type Form = Pick<Setup, 'group' | 'symmetric' | 'mode'>;

const crossOf = (mode: Setup['mode']) => (mode === 'sequential' ? 'given' : 'missing');

/** The width that the matrix is shown at: the chosen one, else that of the shown run. */
export function matrixWidth({ matrixBits, run }: Pick<LabState, 'matrixBits' | 'run'>): number {
  return matrixBits ?? run.points.find(({ method }) => isMatrixMethod(method))?.bits ?? usualWidth;
}

/** The matrix at a width, with what the run tells. Measured cells keep the group of their run; without any, the form's counts. */
export function matrixView(
  bits: number,
  form: Form,
  run: Pick<RunView, 'points' | 'about' | 'layers' | 'remarks' | 'model'>,
  compared: Compared = 'all',
): MatrixView {
  const mine = new Map(
    run.points.filter((point) => isMatrixMethod(point.method) && point.bits === bits).map((point) => [point.id, point]),
  );
  const [measured] = mine.values();
  const group = measured ? measured.group : form.group;
  const { rows, columns, cells } = combinationMatrix({
    bits,
    group,
    symmetric: form.symmetric,
    cross: crossOf(form.mode),
  });
  const usual = usualBits([...mine.values()]);
  const counts = (point: PointView) => compared === 'all' || extraOf(point, usual) === null;
  const losses = [...mine.values()]
    .filter(counts)
    .flatMap(({ values: { lnRatio } }) => (lnRatio ? [lnRatio.mean] : []));
  const range = losses.length ? ([Math.min(...losses), Math.max(...losses)] as const) : null;
  const { candidates, calibration } = finishedOf(run);
  const ranked = new Set([...mine.values()].filter(counts).map(({ id }) => id));
  const ranks = ranksOf(
    candidates.filter(({ id }) => ranked.has(id)),
    calibration,
  );
  return {
    bits,
    group,
    rows,
    columns,
    cells: cells.map((row) =>
      row.map((cell) => {
        const point = mine.get(cell.id);
        const view = cellView(cell, point, range, ranks);
        const extraBits = point ? extraOf(point, usual) : null;
        // A shade says where a cell stands among those that are compared.
        return { ...view, extraBits, shade: point && !counts(point) ? null : view.shade };
      }),
    ),
    possible: cells.flat().filter(({ recipe, id }) => recipe !== null || mine.has(id)).length,
    finished: [...mine.values()].filter(({ state }) => state === 'finished').length,
    range,
  };
}

function cellView(
  { id, method, reason }: MatrixCell,
  point: PointView | undefined,
  range: MatrixView['range'],
  ranks: ReadonlyMap<string, CellRank>,
): Omit<MatrixCellView, 'extraBits'> {
  const lnRatio = point?.values['lnRatio'] ?? null;
  return {
    id,
    method,
    // A point that was measured is possible, whatever this form would say.
    state: point?.state ?? (reason === null ? 'open' : 'impossible'),
    reason: point ? null : reason,
    lnRatio,
    bitsPerWeight: point?.size?.bitsPerWeight ?? null,
    windows: point?.windows ?? 0,
    windowsTotal: point?.windowsTotal ?? 0,
    shade: lnRatio && range ? shadeOf(lnRatio.mean, range) : null,
    rank: ranks.get(id) ?? null,
  };
}

/** What most cells store per weight, of several that are as many the least; null before the first is known. */
function usualBits(points: readonly PointView[]): number | null {
  const sizes = points.flatMap(({ size }) => size?.bitsPerWeight ?? []);
  const alike = (size: number) => sizes.filter((other) => Math.abs(other - size) <= equalBits).length;
  return sizes
    .sort((a, b) => a - b)
    .reduce<number | null>((best, size) => (best === null || alike(size) > alike(best) ? size : best), null);
}

function extraOf({ size }: PointView, usual: number | null): number | null {
  if (size === null || usual === null) return null;
  const extra = size.bitsPerWeight - usual;
  return Math.abs(extra) > equalBits ? extra : null;
}

/** By the logarithm: the losses of one matrix span decades. */
function shadeOf(loss: number, [least, most]: readonly [number, number]): number {
  const place = (value: number) => Math.log(Math.max(value, leastLoss));
  const span = place(most) - place(least);
  return span > 0 ? Math.round(((place(loss) - place(least)) / span) * (shades - 1)) : 0;
}

/** Only beyond noise, and where calibration saw enough to judge by. */
function ranksOf(finished: readonly Candidate[], calibration: Calibration | null): ReadonlyMap<string, CellRank> {
  const measured = judged(
    finished.filter(({ values: { lnRatio } }) => lnRatio && !Number.isNaN(lnRatio.mean)),
    calibration,
  ).judged;
  const [first, ...tied] = split(measured, calibration).leaders;
  if (!first || measured.length < 2) return new Map();
  return new Map<string, CellRank>([
    [first.id, tied.length ? 'lowest' : 'best'],
    ...tied.map(({ id }): [string, CellRank] => [id, 'tied']),
  ]);
}

/** All possible cells as one run, with the form's measurement. */
export function planMatrix(setup: Setup, bits: number): RunSettings {
  const { group, symmetric, mode } = setup;
  const points = combinationMatrix({ bits, group, symmetric, cross: crossOf(mode) })
    .cells.flat()
    .flatMap(({ id, method, recipe }): PlannedPoint[] =>
      recipe
        ? [{ id, method, assignment: assign(recipe, tableGrids(recipe.grid, setup), setup.sites), bits, group }]
        : [],
    );
  return { points, ...measurementOf(setup) };
}

export interface Matrices {
  /** Runs every possible cell at the shown width. */
  runMatrix(): Promise<void>;
  /** Shows the matrix at a width. */
  chooseMatrixWidth(bits: number): void;
}

export function createMatrices({ store }: Bench, runs: Pick<Runs, 'runPlanned'>): Matrices {
  return {
    async runMatrix() {
      const bits = matrixWidth(store.getState());
      // It stays the shown one, whatever the run before it had.
      store.setState({ matrixBits: bits });
      await runs.runPlanned(() => planMatrix(store.getState().setup, bits));
    },
    chooseMatrixWidth: (bits) => store.setState({ matrixBits: bits }),
  };
}
