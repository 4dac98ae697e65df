/** The shown run as the verdict's rule (lab/verdict) takes it. Pure. */
import { calibratedPoints, calibratedTokens, widestInputs, type Finished } from '../lab/verdict/candidate';
import { fullPrecision, type RunView } from './runView';

export type Judgeable = Pick<RunView, 'points' | 'about' | 'layers' | 'remarks' | 'model'>;

/** The finished points, and what their calibration saw. */
export function finishedOf({ points, about, layers, remarks, model }: Judgeable): Finished {
  const calibrated = about ? calibratedPoints(about.settings) : new Set<string>();
  return {
    candidates: points
      .filter(({ id, state, lnRatio }) => id !== fullPrecision && state === 'finished' && lnRatio)
      .map((point) => ({ ...point, calibrated: calibrated.has(point.id) })),
    calibration:
      about && about.calibration !== null
        ? { tokens: calibratedTokens(about.settings, about.calibrationTokens), inputs: widestInputs(model, layers) }
        : null,
    megabytes: points.find(({ id }) => id === fullPrecision)?.megabytes ?? null,
    doubts: remarks.filter(({ kind }) => kind === 'text').map(({ text }) => text),
  };
}
