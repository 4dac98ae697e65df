/** What a verdict is made of: the finished points of one run, and what their calibration saw. Types and how to get them. Pure. */
import { someRecipe } from '../../quant/recipe/assignment';
import { needsCalibration } from '../../quant/recipe/parseRecipe';
import type { ModelCard } from '../../model/card';
import { calibrationTokensOf } from '../calibratedOn';
import type { SiteResult, PointResult, RunEvent, RunSettings, Size, Values } from '../events';
import { settledValues } from '../values';
import { waysLine } from '../ways';
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

/**
 * Whole windows, at least one; no more than there is. `available`: tokens of text and pictures, null where that is not known. Less than a window is
 * of pictures alone, whose texts are shorter.
 */
export function calibratedTokens(
  { calibrationTokens, context }: Pick<RunSettings, 'calibrationTokens' | 'context'>,
  available: number | null,
): number {
  const tokens = Math.min(calibrationTokens, available ?? Infinity);
  if (available !== null && available < context) return tokens;
  return Math.max(1, Math.floor(tokens / context)) * context;
}

/** Ids of the points whose recipe reads inputs. */
function calibratedPoints({ points }: Pick<RunSettings, 'points'>): ReadonlySet<string> {
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
function pendingPoints({ points }: Pick<RunSettings, 'points'>, ended: ReadonlySet<string>): number {
  return points.filter(({ id, assignment }) => assignment && !ended.has(id)).length;
}

/** Inputs of the widest calibrated layer, as the model's card says or, in logs of earlier versions, its layers; null where neither does. */
function widestInputs(
  model: Pick<ModelCard, 'widestInputs'> | null,
  layers: readonly Pick<SiteResult, 'energy' | 'cols'>[],
): number | null {
  const seen = layers.reduce((most, { energy, cols }) => (energy === null ? most : Math.max(most, cols)), 0);
  return model?.widestInputs ?? (seen || null);
}

/** A run as whoever has folded its log tells it. */
export interface Told {
  readonly settings: RunSettings;
  /** Planned points as far as they are; the reference is the one without an assignment. */
  readonly points: readonly (Omit<Candidate, 'calibrated'> & { readonly state: string })[];
  readonly model: Pick<ModelCard, 'widestInputs'> | null;
  readonly layers: readonly Pick<SiteResult, 'energy' | 'cols'>[];
  /** Tokens of the calibration text, null where that is not known; null without one. */
  readonly calibration: { readonly tokens: number | null } | null;
  readonly doubts: readonly { readonly doubt: TextDoubted['doubt']; readonly text: string }[];
}
type TextDoubted = Extract<RunEvent, { type: 'text-doubted' }>;

/** What may be judged of a run. */
export function finishedOf({ settings, points, model, layers, calibration, doubts }: Told): Finished {
  const calibrated = calibratedPoints(settings);
  const ways = waysLine(settings);
  const quantized = new Set(settings.points.filter(({ assignment }) => assignment).map(({ id }) => id));
  const ended = points.filter(({ state }) => state === 'finished' || state === 'failed').map(({ id }) => id);
  return {
    candidates: points
      .filter(({ id, state, values }) => quantized.has(id) && state === 'finished' && values['lnRatio'])
      .map((point) => ({ ...point, calibrated: calibrated.has(point.id) })),
    calibration: calibration && {
      tokens: calibratedTokens(settings, calibration.tokens),
      inputs: widestInputs(model, layers),
      leaked: doubts.some(({ doubt }) => doubt === 'overlap'),
    },
    megabytes: points.find(({ id, state }) => !quantized.has(id) && state === 'finished')?.size?.megabytes ?? null,
    doubts: [...(ways === null ? [] : [ways]), ...doubts.map(({ text }) => text)],
    pending: pendingPoints(settings, new Set(ended)),
  };
}

/** From the log of a run, as far as it goes; of several beginnings the last. */
export function fromLog(log: readonly RunEvent[]): Finished {
  const start = log.findLastIndex(({ type }) => type === 'run-started');
  const started = log[start];
  if (started?.type !== 'run-started') {
    return { candidates: [], calibration: null, megabytes: null, doubts: [], pending: 0 };
  }
  const { settings, model } = started;
  const tokens = calibrationTokensOf(started);
  const points = new Map<string, Told['points'][number]>();
  const layers: SiteResult[] = [];
  const doubts: Told['doubts'][number][] = [];
  const change = (id: string, more: Partial<Told['points'][number]>) => {
    const { method = id, bits = 0, group = null } = settings.points.find((point) => point.id === id) ?? {};
    const blank = { id, method, bits, group, size: null, values: {}, losses: null, redrawn: [], state: 'planned' };
    points.set(id, { ...(points.get(id) ?? blank), ...more });
  };
  for (const event of log.slice(start + 1)) {
    if (event.type === 'calibration-redrawn') {
      change(event.point, { redrawn: [...(points.get(event.point)?.redrawn ?? []), event.lnRatio] });
    } else if (event.type === 'text-doubted') {
      doubts.push({ doubt: event.doubt, text: doubtLine(event) });
    } else if (event.type === 'site-quantized') {
      layers.push(event);
    } else if (event.type === 'point-failed') {
      change(event.point, { state: 'failed' });
    } else if (event.type === 'point-finished') {
      // Told anew of a point that is told of again: so are the other parts of the text.
      change(event.result.id, { ...candidateOf(event.result, event.losses ?? null, false), state: 'finished' });
    }
  }
  return finishedOf({
    settings,
    points: [...points.values()],
    model,
    layers,
    calibration: tokens === null ? null : { tokens },
    doubts,
  });
}

/** A measured point as a candidate. */
export function candidateOf(result: PointResult, losses: readonly number[] | null, calibrated: boolean): Candidate {
  const { id, method, bits, group, size, values } = result;
  return { id, method, bits, group, size, values: settledValues(values), losses, calibrated, redrawn: [] };
}
