/**
 * Whether calibration saw enough text. H of n inputs from T tokens has rank T at most; with T of the order of n a solver that follows H
 * fits the sample's noise, and loses against methods that never looked. The intervals over evaluation windows know nothing of that. Pure.
 */
import type { Estimate } from '../events';
import { tQuantile } from '../statistics';
import type { Calibration, Candidate } from './candidate';

/**
 * Tokens for each input of the widest layer that a verdict against a calibrated method takes. Measured on the two small models of
 * `npm run bench -- --verdicts` (3 and 4 bits, twenty calibration texts each).
 */
export const enoughPerInput = 8;
/** Where the widths are not known: what suits layers of 2 048 inputs. */
const enoughUnknown = enoughPerInput * 2048;

/** Tokens of calibration that verdicts need on layers of this width. */
export const enoughTokens = (inputs: number | null): number =>
  inputs === null ? enoughUnknown : enoughPerInput * inputs;

/**
 * How much another calibration text of the same length would move the loss of a calibrated method: one standard deviation, as a share of
 * the loss. A part falls with the root of the tokens (said for as many tokens as inputs); the other stays however long the text is, for
 * roundings fall otherwise with any other H. Measured as above at 1, 4 and 16 tokens an input: 0.12 to 0.14, 0.07 to 0.14 and 0.06 to 0.11
 * for GPTQ on the demo, AWQ 0.07 to 0.12, 0.06 to 0.13 and 0.05 to 0.11, the larger ones at 4 bits.
 */
const spread = { byTokens: 0.1, always: 0.1 } as const;

/** One standard deviation of a point's ln ratio over calibration texts, nats; 0 for what reads no inputs. */
export function calibrationNoise(point: Candidate, calibration: Calibration | null): number {
  const {
    calibrated,
    values: { lnRatio },
    redrawn,
  } = point;
  if (!calibrated || !calibration || !lnRatio) return 0;
  const perInput = calibration.tokens / (calibration.inputs ?? enoughUnknown / enoughPerInput);
  const usual = Math.max(0, lnRatio.mean) * Math.hypot(spread.byTokens / Math.sqrt(perInput), spread.always);
  // A few draws tell their spread badly: what is usual counts as some draws more.
  const own = spreadOf([lnRatio.mean, ...redrawn]);
  const freedom = redrawn.length;
  return Math.sqrt((usual ** 2 * usualFreedom + own ** 2 * freedom) / (usualFreedom + freedom));
}

/** Draws that the usual spread is worth. */
const usualFreedom = 4;

/** Sample standard deviation; 0 for one value. */
function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
}

/** Mean over calibration texts with its 95 % interval; null for fewer than two texts. */
export function overCalibrations({ values, redrawn }: Pick<Candidate, 'values' | 'redrawn'>): Estimate | null {
  const { lnRatio } = values;
  if (!lnRatio || !redrawn.length) return null;
  const means = [lnRatio.mean, ...redrawn];
  const mean = means.reduce((a, b) => a + b, 0) / means.length;
  const half = (tQuantile(means.length - 1) * spreadOf(means)) / Math.sqrt(means.length);
  return { mean, low: mean - half, high: mean + half };
}

/**
 * plenty: compare as usual; short: a calibrated method that loses may do so for want of text alone; leaked: one that wins may do so because
 * it has seen what it is measured on.
 */
export type Supply = 'plenty' | 'short' | 'leaked';

export function supplyOf(calibration: Calibration | null): Supply {
  if (calibration?.leaked) return 'leaked';
  return calibration && calibration.tokens < enoughTokens(calibration.inputs) ? 'short' : 'plenty';
}

const mean = ({ values: { lnRatio } }: Candidate) => lnRatio?.mean ?? Infinity;

/**
 * Splits points into those that can be judged and those that cannot: in short supply a calibrated point is judged only where it is
 * better than everything that reads no inputs (more text would only help it); where texts leaked, none is.
 */
export function judged(
  points: readonly Candidate[],
  calibration: Calibration | null,
): Readonly<Record<'judged' | 'unjudged', readonly Candidate[]>> {
  const supply = supplyOf(calibration);
  if (supply === 'plenty') return { judged: points, unjudged: [] };
  const least = Math.min(...points.filter(({ calibrated }) => !calibrated).map(mean));
  const ahead = (point: Candidate) => mean(point) < least && least < Infinity;
  const fair = (point: Candidate) => !point.calibrated || (supply === 'short' && ahead(point));
  return { judged: points.filter(fair), unjudged: points.filter((point) => !fair(point)) };
}
