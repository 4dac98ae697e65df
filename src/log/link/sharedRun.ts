/** What of a run goes into a link. Pure. */
import type { PointResult, RunEvent, RunSettings } from '../events';

/** A text or model as a link names it. `fingerprint`: 16 hex digits, as in the log. */
export interface SharedName {
  readonly label: string;
  readonly fingerprint: string;
}

export interface SharedModel extends SharedName {
  readonly architecture: string;
  readonly parameters: number;
  /** Inputs of the widest linear layer; absent in links of earlier versions. */
  readonly widestInputs?: number;
}

/** What speaks against the texts of a run. */
export type Doubt = Pick<Extract<RunEvent, { type: 'text-doubted' }>, 'doubt' | 'share'>;

/** What a link carries. Numbers are rounded to more digits than their intervals allow; hashes keep their first 6 hex digits. */
export interface SharedRun {
  readonly app: string;
  readonly model: SharedModel;
  readonly evaluation: SharedName;
  readonly calibration: SharedName | null;
  /** Calibrated on beside that text, or in its place; absent where no pictures were. */
  readonly calibrationPictures?: SharedName;
  readonly adapter: string;
  readonly settings: RunSettings;
  /** Absent where there is none. */
  readonly doubts?: readonly Doubt[];
  /** Finished points, in the order of the run. */
  readonly results: readonly PointResult[];
}

/** What to share of a log: null while no point is finished. */
export function sharedRun(log: readonly RunEvent[]): SharedRun | null {
  const started = log.findLast((event) => event.type === 'run-started');
  const own = log.slice(started ? log.lastIndexOf(started) : 0);
  const doubts = own.flatMap((event) =>
    event.type === 'text-doubted' ? [{ doubt: event.doubt, share: event.share }] : [],
  );
  const results = own.flatMap((event) => (event.type === 'point-finished' ? [event.result] : []));
  if (!started || !results.length) return null;
  const { app, model, adapter, settings, evaluation, calibration, calibrationPictures } = started;
  const named = ({ label, fingerprint }: SharedName): SharedName => ({ label, fingerprint });
  return {
    app,
    model: {
      label: model.name,
      fingerprint: model.fingerprint,
      architecture: model.architecture,
      parameters: model.parameters,
      ...(model.widestInputs ? { widestInputs: model.widestInputs } : {}),
    },
    evaluation: named(evaluation),
    calibration: calibration && named(calibration),
    ...(calibrationPictures && { calibrationPictures: named(calibrationPictures) }),
    adapter: adapter.name,
    settings,
    ...(doubts.length ? { doubts } : {}),
    results,
  };
}
