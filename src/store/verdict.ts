/** The shown run as the verdict's rule (log/verdict) takes it. Pure. */
import {
  calibratedPoints,
  calibratedTokens,
  pendingPoints,
  widestInputs,
  type Finished,
} from '../log/verdict/candidate';
import { fullPrecision, type RunView } from './runView';

export type Judgeable = Pick<RunView, 'points' | 'about' | 'layers' | 'remarks' | 'model'>;

/** The finished points, and what their calibration saw. */
export function finishedOf({ points, about, layers, remarks, model }: Judgeable): Finished {
  const calibrated = about ? calibratedPoints(about.settings) : new Set<string>();
  const ended = points.filter(({ state }) => state === 'finished' || state === 'failed').map(({ id }) => id);
  return {
    candidates: points
      .filter(({ id, state, values }) => id !== fullPrecision && state === 'finished' && values['lnRatio'])
      .map((point) => ({ ...point, calibrated: calibrated.has(point.id) })),
    calibration:
      about && about.calibration !== null
        ? {
            tokens: calibratedTokens(about.settings, about.calibrationTokens),
            inputs: widestInputs(model ?? about.model, layers),
            leaked: remarks.some(({ doubt }) => doubt === 'overlap'),
          }
        : null,
    megabytes: points.find(({ id }) => id === fullPrecision)?.size?.megabytes ?? null,
    doubts: remarks.filter(({ kind }) => kind === 'text').map(({ text }) => text),
    pending: about ? pendingPoints(about.settings, new Set(ended)) : 0,
  };
}
