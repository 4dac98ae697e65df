/**
 * Whether calibration saw enough text. H of n inputs from T tokens has rank T at most; with T of the order of n a solver that follows H
 * fits the sample's noise, and loses against methods that never looked. The intervals over evaluation windows know nothing of that. Pure.
 */
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
 * the loss, where there are as many tokens as inputs; it falls with the root of the tokens. Measured as above: 0.15 to 0.16 for GPTQ.
 */
const spread = 0.15;

/** One standard deviation of a point's ln ratio over calibration texts, nats; 0 for what reads no inputs. */
export function calibrationNoise({ calibrated, lnRatio }: Candidate, calibration: Calibration | null): number {
  if (!calibrated || !calibration || !lnRatio) return 0;
  const perInput = calibration.tokens / (calibration.inputs ?? enoughUnknown / enoughPerInput);
  return (spread * Math.max(0, lnRatio.mean)) / Math.sqrt(perInput);
}

/** plenty: compare as usual; short: a calibrated method that loses may do so for want of text alone. */
export type Supply = 'plenty' | 'short';

export function supplyOf(calibration: Calibration | null): Supply {
  return calibration && calibration.tokens < enoughTokens(calibration.inputs) ? 'short' : 'plenty';
}

const mean = ({ lnRatio }: Candidate) => lnRatio?.mean ?? Infinity;

/**
 * Splits points into those that can be judged and those that cannot: in short supply a calibrated point is judged only where it is
 * better than everything that reads no inputs (more text would only help it).
 */
export function judged(
  points: readonly Candidate[],
  calibration: Calibration | null,
): Readonly<Record<'judged' | 'unjudged', readonly Candidate[]>> {
  if (supplyOf(calibration) === 'plenty') return { judged: points, unjudged: [] };
  const least = Math.min(...points.filter(({ calibrated }) => !calibrated).map(mean));
  const fair = (point: Candidate) => !point.calibrated || (mean(point) < least && least < Infinity);
  return { judged: points.filter(fair), unjudged: points.filter((point) => !fair(point)) };
}
