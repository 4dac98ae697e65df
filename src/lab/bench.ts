/**
 * The bench that the steps of one run work at: what was opened, the points with what solves their sites, and what they have gathered so far.
 * Flat and passed along; the steps are functions of it (solveSite.ts, measurePoint.ts), and orders/ put them in their order.
 */
import type { Scope } from '../gpu/buffers';
import type { Head } from '../model/model';
import { present } from '../util/assert';
import { needsCalibration } from '../quant/recipe/parseRecipe';
import type { PointResult, RunEvent } from '../log/events';
import { Accounts } from './accounts';
import { usualBudgets, type Budgets } from './budgets';
import { Cabinet, type Calibrated, type Circumstances } from './cabinet';
import type { TokenBatch } from './calibrate';
import { batchesOf, tokensOf, type CalibrationWindows } from './calibrationWindows';
import { Evaluation, type Blocks } from './evaluate';
import { Attempts } from './failure';
import type { Opening } from './opening';
import { sourceBlocks } from './pointModel';
import { isQuantized, pointNeeds, preparePoint, type Cabinets, type PreparedPoint } from './prepare';
import { Progress, type Kind } from './progress';
import { Work } from './work';

export interface Bench extends Opening {
  readonly budgets: Budgets;
  readonly scope: Scope;
  readonly head: Head;
  /** The checkpoint's own blocks. */
  readonly source: Blocks;
  readonly evaluation: Evaluation;
  readonly progress: Progress;
  readonly work: Work;
  readonly attempts: Attempts;
  /** The part of the calibration text; 0 for the first. */
  readonly draw: number;
  /** Points to be solved and measured, with recipes. */
  readonly points: readonly PreparedPoint[];
  readonly calibrationBatches: readonly TokenBatch[] | null;
  readonly calibrationTokens: number;
  readonly accounts: Accounts;
  /** Keys of sites that an earlier run has left behind. */
  readonly kept: ReadonlySet<string>;
  readonly results: PointResult[];
  /** What sites of one norm have agreed on (kin.ts). */
  readonly agreed: Map<string, Promise<Float32Array<ArrayBuffer>>>;
  /** Whether it was said that the store takes no more, and that experts are calibrated in parts. */
  readonly said: { refusal: boolean; parts: boolean };
}

export async function openBench(opening: Opening): Promise<Bench & Disposable> {
  const { input, model, windows, perBatch, clock } = opening;
  const budgets = { ...usualBudgets, ...input.budgets };
  const scope = input.gpu.scope('run');
  let evaluation: Evaluation | undefined;
  const close = () => {
    evaluation?.[Symbol.dispose]();
    scope[Symbol.dispose]();
  };
  try {
    const head = await model.openHead(scope);
    const source = sourceBlocks(model, scope, budgets.weights);
    evaluation = new Evaluation(input.gpu, model, head, windows, perBatch, input.signal, budgets.states);
    const common = { budgets, scope, head, source, evaluation, progress: new Progress(clock) };
    return { ...(await benchOf(opening, common, 0)), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The calibrated points on another part of the text, with results of their own. Lives no longer than this bench. */
export function redrawn(bench: Bench, draw: number): Promise<Bench> {
  const { points, settings } = bench;
  const [reference] = settings.points;
  const calibrated = points.filter((point) => pointNeeds(point, needsCalibration));
  const again = { ...settings, points: [present(reference, 'full precision'), ...calibrated] };
  return benchOf({ ...bench, settings: again }, bench, draw);
}

type Common = Pick<Bench, 'budgets' | 'scope' | 'head' | 'source' | 'evaluation' | 'progress'>;

async function benchOf(opening: Opening, common: Common, draw: number): Promise<Bench> {
  const { input, model, settings, calibration, perBatch, done } = opening;
  const part = calibration && present(calibration.parts[draw], `part ${draw} of the calibration text`);
  const cabinets = cabinetsOf(opening, draw);
  const planned = settings.points.filter(isQuantized).filter(({ id }) => !done.has(id));
  const points: PreparedPoint[] = [];
  for (const point of planned) {
    points.push(await preparePoint(point, model, settings, part ? 'given' : 'none', cabinets));
    await input.gpu.pace(input.signal);
  }
  return {
    ...opening,
    ...common,
    work: new Work(),
    attempts: new Attempts(input.gpu, input.signal, common.progress),
    draw,
    points,
    calibrationBatches: part && batchesOf(part, perBatch * settings.context),
    calibrationTokens: tokensOf(part ?? []),
    accounts: new Accounts(),
    kept: await findKept(opening, points),
    results: [],
    agreed: new Map(),
    said: { refusal: false, parts: false },
  };
}

function cabinetsOf({ input, model, settings, calibration }: Opening, draw: number): Cabinets {
  const { context, mode, seed, variants } = settings;
  const of = (h: Circumstances['calibration']) =>
    new Cabinet(input.keep, {
      ...{ app: input.appVersion, adapter: input.gpu.card.name, model: model.card.fingerprint, mode, seed },
      calibration: h,
      ...(h && variants && { variants }),
    });
  return { calibrated: of(calibration && seenIn(calibration, draw, context)), plain: of(null) };
}

/** What calibration sees, as keys of solved sites name it. */
function seenIn({ parts, text, pictures }: CalibrationWindows, draw: number, context: number): Calibrated {
  const part = present(parts[draw], `part ${draw} of the calibration`);
  const shown = part.filter(({ features }) => features).length;
  return {
    fingerprint: text?.fingerprint ?? null,
    tokens: part.length - shown,
    context,
    ...(pictures && { pictures: { fingerprint: pictures.fingerprint, passages: shown } }),
    ...(draw > 0 && { draw }),
  };
}

/** Looks for sites that an earlier run has finished. */
async function findKept({ input }: Opening, points: readonly PreparedPoint[]): Promise<Set<string>> {
  const kept = new Set<string>();
  for (const { placements } of points) {
    for (const { key, cabinet } of placements.values()) if (await cabinet.find(key)) kept.add(key);
    await input.gpu.pace(input.signal);
  }
  return kept;
}

/** Counts work as done, and tells of it now and then. */
export function* worked(
  { progress, attempts }: Bench,
  kind: Kind,
  point: string | null,
  operations: number,
  how: 'computed' | 'kept' = 'computed',
): Generator<RunEvent> {
  progress.advance(kind, operations, how);
  if (point !== null) attempts.done(point, kind, operations);
  yield* progress.told(kind.phase, point);
}
