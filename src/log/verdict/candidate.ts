/** What a verdict is made of: the finished points of one run, and what their calibration saw. Types and how to get them. Pure. */
import { someRecipe } from '../../quant/recipe/assignment';
import { needsCalibration } from '../../quant/recipe/parseRecipe';
import type { ModelCard } from '../../model/card';
import type { SiteResult, PointResult, RunEvent, RunSettings, Size, Values } from '../events';
import { settledValues } from '../values';
import { doubtLine } from './doubt';

/** A finished point with a recipe. */
export interface Candidate {
  readonly id: string;
  readonly method: string;
  readonly bits: number;
  readonly group: number | null;
  readonly size: Size | null;
  readonly values: Values;
  /** Mean loss of every window; null where only the results are known (a link). */
  readonly losses: readonly number[] | null;
  /** ln ratios on other parts of the calibration text. */
  readonly redrawn: readonly number[];
  /** Whether the recipe reads inputs, and so may suffer from too little calibration text. */
  readonly calibrated: boolean;
}

/** What calibration saw. */
export interface Calibration {
  /** Tokens that ran through the model. */
  readonly tokens: number;
  /** Inputs of the widest calibrated layer; null where that is not known (an old link). */
  readonly inputs: number | null;
  /** Whether the text that points are measured on stands in it. */
  readonly leaked: boolean;
}

/** Whole windows, at least one; no more than the text has. `available`: tokens of the text, null where that is not known. */
export function calibratedTokens(
  { calibrationTokens, context }: Pick<RunSettings, 'calibrationTokens' | 'context'>,
  available: number | null,
): number {
  const tokens = Math.min(calibrationTokens, available ?? Infinity);
  return Math.max(1, Math.floor(tokens / context)) * context;
}

/** Ids of the points whose recipe reads inputs. */
export function calibratedPoints({ points }: Pick<RunSettings, 'points'>): ReadonlySet<string> {
  return new Set(points.filter(({ assignment }) => someRecipe(assignment, needsCalibration)).map(({ id }) => id));
}

/** A finished run as the verdict needs it. */
export interface Finished {
  readonly candidates: readonly Candidate[];
  readonly calibration: Calibration | null;
  /** Megabytes of the model as it is stored; null before full precision is measured. */
  readonly megabytes: number | null;
  /** What speaks against the texts, a sentence each. */
  readonly doubts: readonly string[];
  /** Planned points that are not measured yet. */
  readonly pending: number;
}

/** How many points of a plan are still to come. `ended`: ids of those that were measured, or failed. */
export function pendingPoints({ points }: Pick<RunSettings, 'points'>, ended: ReadonlySet<string>): number {
  return points.filter(({ id, assignment }) => assignment && !ended.has(id)).length;
}

/** Inputs of the widest calibrated layer, as the model's card says or, in logs of earlier versions, its layers; null where neither does. */
export function widestInputs(
  model: Pick<ModelCard, 'widestInputs'> | null,
  layers: readonly Pick<SiteResult, 'energy' | 'cols'>[],
): number | null {
  const seen = layers.reduce((most, { energy, cols }) => (energy === null ? most : Math.max(most, cols)), 0);
  return model?.widestInputs ?? (seen || null);
}

/** From the log of a run, as far as it goes; of several beginnings the last. The reference is the point without a recipe. */
export function fromLog(log: readonly RunEvent[]): Finished {
  const start = log.findLastIndex(({ type }) => type === 'run-started');
  const started = log[start];
  if (started?.type !== 'run-started') {
    return { candidates: [], calibration: null, megabytes: null, doubts: [], pending: 0 };
  }
  const calibrated = calibratedPoints(started.settings);
  const quantized = new Set(started.settings.points.filter(({ assignment }) => assignment).map(({ id }) => id));
  let megabytes: number | null = null;
  const layers: SiteResult[] = [];
  const candidates: Candidate[] = [];
  const redrawn = new Map<string, number[]>();
  const doubts: string[] = [];
  const ended = new Set<string>();
  let leaked = false;
  for (const event of log.slice(start + 1)) {
    if (event.type === 'calibration-redrawn') {
      redrawn.set(event.point, [...(redrawn.get(event.point) ?? []), event.lnRatio]);
    } else if (event.type === 'text-doubted') {
      doubts.push(doubtLine(event));
      leaked ||= event.doubt === 'overlap';
    } else if (event.type === 'site-quantized') {
      layers.push(event);
    } else if (event.type === 'point-failed') {
      ended.add(event.point);
    } else if (event.type === 'point-finished') {
      ended.add(event.result.id);
      // Told anew of a point that is told of again.
      redrawn.delete(event.result.id);
      if (!quantized.has(event.result.id)) megabytes = event.result.size.megabytes;
      else if (event.result.values['lnRatio'])
        candidates.push(candidateOf(event.result, event.losses ?? null, calibrated.has(event.result.id)));
    }
  }
  return {
    candidates: candidates.map((point) => ({ ...point, redrawn: redrawn.get(point.id) ?? [] })),
    calibration: started.calibration && {
      tokens: calibratedTokens(started.settings, started.calibration.tokens),
      inputs: widestInputs(started.model, layers),
      leaked,
    },
    megabytes,
    doubts,
    pending: pendingPoints(started.settings, ended),
  };
}

/** A measured point as a candidate. */
export function candidateOf(result: PointResult, losses: readonly number[] | null, calibrated: boolean): Candidate {
  const { id, method, bits, group, size, values } = result;
  return { id, method, bits, group, size, values: settledValues(values), losses, calibrated, redrawn: [] };
}
