/** The shown run as the verdict's rule (log/verdict) takes it. Pure. */
import { finishedOf as judgeable, type Finished } from '../log/verdict/candidate';
import type { RunView } from './runView';

export type Judgeable = Pick<RunView, 'points' | 'about' | 'layers' | 'remarks' | 'model'>;

/** The finished points, and what their calibration saw. */
export function finishedOf({ points, about, layers, remarks, model }: Judgeable): Finished {
  if (!about) return { candidates: [], calibration: null, megabytes: null, doubts: [], pending: 0 };
  return judgeable({
    settings: about.settings,
    points,
    model: model ?? about.model,
    layers,
    calibration: about.calibration === null ? null : { tokens: about.calibrationTokens },
    doubts: remarks.flatMap(({ doubt, text }) => (doubt ? [{ doubt, text }] : [])),
  });
}
