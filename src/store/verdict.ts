/** The shown run as the verdict's rule (lab/verdict) takes it. Pure. */
import { calibratedPoints, calibratedTokens, type Candidate, type Finished } from '../lab/verdict/candidate';
import { fullPrecision, type PointView, type RunView } from './runView';

type Shown = Pick<RunView, 'points' | 'about' | 'layers' | 'remarks'>;

/** The finished points, and what their calibration saw. */
export function finishedOf({ points, about, layers, remarks }: Shown): Finished {
  const calibrated = about ? calibratedPoints(about.settings) : new Set<string>();
  const candidates = points
    .filter(({ id, state, lnRatio }) => id !== fullPrecision && state === 'finished' && lnRatio)
    .map((point) => candidateOf(point, calibrated));
  const inputs = layers.reduce((most, { energy, cols }) => (energy === null ? most : Math.max(most, cols)), 0);
  const tokens = about && about.calibration !== null && calibratedTokens(about.settings, about.calibrationTokens);
  return {
    candidates,
    calibration: tokens ? { tokens, inputs: inputs || null } : null,
    megabytes: points.find(({ id }) => id === fullPrecision)?.megabytes ?? null,
    doubts: remarks.filter(({ kind }) => kind === 'text').map(({ text }) => text),
  };
}

export function candidateOf(point: PointView, calibrated: ReadonlySet<string>): Candidate {
  const { id, method, bits, group, bitsPerWeight, megabytes, lnRatio, losses, redrawn } = point;
  return {
    id,
    method,
    bits,
    group,
    bitsPerWeight,
    megabytes,
    lnRatio,
    losses,
    redrawn,
    calibrated: calibrated.has(id),
  };
}
