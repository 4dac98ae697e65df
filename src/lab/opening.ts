/** What a run is asked for, and what it is opened with once that is settled: see lab/run. Types only. */
import type { Checkpoint } from '../formats/checkpoint';
import type { LabelledText } from '../formats/text';
import type { Gpu } from '../gpu/gpu';
import type { Model } from '../model/model';
import type { Budgets } from './budgets';
import type { RunEvent, RunSettings } from '../log/events';
import type { SiteStore } from './siteStore';
import type { CalibrationWindows } from './calibrationWindows';
import type { Costs } from './plan';
import type { PictureTask } from './pictureWindows';
import type { FinishedPoint } from '../log/takeOver';
import type { Windows } from '../measures/windows';

export interface RunInput {
  readonly gpu: Gpu;
  readonly checkpoint: Checkpoint;
  /** Null when no point reads H, or pictures alone are calibrated on; without either layers have no losses. */
  readonly calibration: LabelledText | null;
  /** Calibrated on beside that text, or in its place. */
  readonly calibrationPictures?: PictureTask;
  readonly evaluation: LabelledText;
  /** What is evaluated in place of that text, which then is the set's identity; for the protocols of pictures. */
  readonly pictures?: PictureTask;
  readonly settings: RunSettings;
  /** Finished layers are kept here, and taken from here when they are found. */
  readonly keep: SiteStore;
  readonly signal: AbortSignal;
  readonly appVersion: string;
  /** Points that were measured before, and whether all of them stay in this run or only those that it asks for. */
  readonly earlier?: readonly FinishedPoint[];
  readonly keepEarlier?: 'all' | 'asked';
  /** Smaller machines and tests may allow less than usual. */
  readonly budgets?: Partial<Budgets>;
  /** The clock of the log; tests fix it. */
  readonly now?: () => Date;
}

export interface Opening {
  readonly input: RunInput;
  readonly model: Model;
  readonly settings: RunSettings;
  /** Events of points that an earlier run has finished, by id: these are told again (log/takeOver) and not measured. */
  readonly done: ReadonlyMap<string, readonly RunEvent[]>;
  readonly windows: Windows;
  readonly calibration: CalibrationWindows | null;
  readonly costs: Costs;
  readonly perBatch: number;
  readonly clock: () => number;
}
