/** What a verdict is made of: the finished points of one run, and what their calibration saw. Types and how to get them. Pure. */
import { needsCalibration } from '../../quant/parseRecipe';
import { doubtLine } from './doubt';
import type { Estimate, PointResult, RunEvent, RunSettings } from '../events';

/** A finished point with a recipe. */
export interface Candidate {
  readonly id: string;
  readonly method: string;
  readonly bits: number;
  readonly group: number | null;
  readonly bitsPerWeight: number | null;
  readonly megabytes: number | null;
  /** ln(perplexity ÷ that of full precision); null where it was not measured. */
  readonly lnRatio: Estimate | null;
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
  /** Inputs of the widest calibrated layer; null where that is not known (a link). */
  readonly inputs: number | null;
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
  return new Set(points.filter(({ recipe }) => recipe && needsCalibration(recipe)).map(({ id }) => id));
}

/** A finished run as the verdict needs it. */
export interface Finished {
  readonly candidates: readonly Candidate[];
  readonly calibration: Calibration | null;
  /** Megabytes of the model as it is stored; null before full precision is measured. */
  readonly megabytes: number | null;
  /** What speaks against the texts, a sentence each. */
  readonly doubts: readonly string[];
}

/** From the log of a run, as far as it goes. The reference is the first point, the one without a recipe. */
export function fromLog(events: Iterable<RunEvent>): Finished {
  let calibrated: ReadonlySet<string> = new Set();
  let tokens: number | null = null;
  let inputs = 0;
  let megabytes: number | null = null;
  const candidates: Candidate[] = [];
  const redrawn = new Map<string, number[]>();
  const doubts: string[] = [];
  for (const event of events) {
    if (event.type === 'run-started') {
      calibrated = calibratedPoints(event.settings);
      tokens = event.calibration && calibratedTokens(event.settings, event.calibration.tokens);
    } else if (event.type === 'calibration-redrawn') {
      redrawn.set(event.point, [...(redrawn.get(event.point) ?? []), event.lnRatio]);
    } else if (event.type === 'text-doubted') {
      doubts.push(doubtLine(event));
    } else if (event.type === 'layer-quantized') {
      if (event.energy !== null) inputs = Math.max(inputs, event.cols);
    } else if (event.type === 'point-finished') {
      if (event.result.lnRatio === null) megabytes = event.result.megabytes;
      else candidates.push(fromResult(event.result, event.losses ?? null, calibrated.has(event.result.id)));
    }
  }
  const told = candidates.map((point) => ({ ...point, redrawn: redrawn.get(point.id) ?? [] }));
  return {
    candidates: told,
    calibration: tokens === null ? null : { tokens, inputs: inputs || null },
    megabytes,
    doubts,
  };
}

function fromResult(result: PointResult, losses: readonly number[] | null, calibrated: boolean): Candidate {
  const { id, recipe, bits, group, bitsPerWeight, megabytes, lnRatio, lnRatioLow, lnRatioHigh } = result;
  const mean = lnRatio ?? NaN;
  return {
    ...{ id, method: recipe, bits, group, bitsPerWeight, megabytes, losses, calibrated, redrawn: [] },
    lnRatio: { mean, low: lnRatioLow ?? mean, high: lnRatioHigh ?? mean },
  };
}
