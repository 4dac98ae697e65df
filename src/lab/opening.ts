/** What a run is opened with, once its request is settled: see lab/run. Types only. */
import type { Model } from '../model/model';
import type { RunEvent, RunSettings } from './events';
import type { Costs } from './plan';
import type { RunInput } from './run';
import type { Windows } from './windows';

export interface Opening {
  readonly input: RunInput;
  readonly model: Model;
  readonly settings: RunSettings;
  /** Events of points that an earlier run has finished, by id: these are told again (lab/takeOver) and not measured. */
  readonly done: ReadonlyMap<string, readonly RunEvent[]>;
  readonly windows: Windows;
  /** Disjoint parts of one text; points are calibrated on the first, and on the others to see what they owe to it. */
  readonly calibration: { readonly parts: readonly (readonly Uint32Array[])[]; readonly fingerprint: string } | null;
  readonly costs: Costs;
  readonly perBatch: number;
  readonly clock: () => number;
}
