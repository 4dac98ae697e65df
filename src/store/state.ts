/** The page's state: what is open, what is chosen, what was measured. No tensors, no blobs of weights, no GPU objects. */
import { usualGoal, type Goal } from '../log/verdict/choose';
import type { RunEvent } from '../log/events';
import type { SharedRun } from '../log/link/sharedRun';
import type { HeaderCard, ModelCard, TensorsCard } from '../model/card';
import type { AdapterReport, MemoryUse, TextSource } from '../worker/protocol';
import type { Scale, XAxis, YAxis } from './curves';
import type { Demos } from './demos';
import { usualPace } from './estimate';
import type { Notice } from './notices';
import type { Setup } from './plan';
import type { ShelfRun } from './runRecord';
import type { RoundingView } from './roundingView';
import { emptyRun, type RunView } from './runView';

export type { PictureReport, PictureSample } from '../worker/protocol';

/** A text to choose, or a set of pictures: bundled (fetched on use) or dropped. */
export interface TextChoice extends Pick<TextSource, 'label'> {
  /** Of a set of pictures with a beginning of its own (plan.ts). */
  readonly id: string;
  readonly kind: string;
  /** How many a set has. */
  readonly pictures?: number;
  readonly bytes: number;
  readonly note: string;
}

export interface EngineState {
  readonly status: 'starting' | 'ready' | 'missing';
  readonly report: AdapterReport | null;
  /** Memory after the last run; null before the first. */
  readonly memory: MemoryUse | null;
  /** Why there is no engine, and what to do. */
  readonly reason: string | null;
}

export interface CheckpointState {
  /** opening: nothing but `demo` is known of the next one yet, and `card` is still the one before. reading: `card` holds what its headers tell. */
  readonly status: 'none' | 'opening' | 'reading' | 'open';
  /** Id of the bundled model that is open; null for a dropped one. */
  readonly demo: string | null;
  readonly card: ShownCard | null;
  /** What is open where it is no model that can run; `card` is null then. */
  readonly tensors: TensorsCard | null;
}

/** The fingerprint follows the headers, and so does what the tokenizer lacks. */
export type ShownCard = HeaderCard & Partial<Pick<ModelCard, 'fingerprint' | 'remarks'>>;

/** A run that came by link: shown without its model, and compared with when its model is opened. */
export interface Shared {
  readonly share: SharedRun;
  readonly run: RunView;
}

export interface LabState {
  readonly engine: EngineState;
  readonly demos: Demos;
  readonly texts: readonly TextChoice[];
  readonly checkpoint: CheckpointState;
  readonly setup: Setup;
  /** What fields hold that cannot be taken over, by field: why Run waits. */
  readonly mistakes: Readonly<Record<string, string>>;
  /** `scale` null: the y axis' natural one. */
  readonly axes: { readonly x: XAxis; readonly y: YAxis; readonly scale: Scale | null };
  /** Width of the shown combination matrix; null: that of the shown run. */
  readonly matrixBits: number | null;
  /** Seconds that runs on this adapter took, for each that was estimated: learnt from the last run that was long enough. */
  readonly pace: number;
  /** What the answer is for. */
  readonly goal: Goal;
  /** Every run that is here, newest first; written by store/shelf.ts alone, as are the four fields that follow. */
  readonly shelf: readonly ShelfRun[];
  /** Id of the shown run. */
  readonly shown: string | null;
  /** The shown run's view, and where it comes from. */
  readonly run: RunView;
  readonly source: 'live' | 'log' | 'link' | null;
  /** Ids of the runs that are drawn beside it. */
  readonly beside: readonly string[];
  /** The run that was deleted last, to be put back on demand. */
  readonly removed: { readonly run: ShelfRun; readonly log: readonly RunEvent[] } | null;
  /** Whether a run, or a rounding matrix by matrix, is under way, from the press of the button to its end. */
  readonly activity: 'idle' | 'running' | 'stopping' | 'rounding';
  /** The open checkpoint's matrices, rounded one by one; null before. */
  readonly rounding: RoundingView | null;
  readonly shared: Shared | null;
  readonly notices: readonly Notice[];
  /** Said to screen readers when it changes. */
  readonly announcement: string;
}

export const startingSetup: Setup = {
  methods: ['rtn', 'gptq'],
  widths: [8, 6, 5, 4, 3, 2],
  group: null,
  symmetric: false,
  embedding: null,
  head: null,
  overrides: {},
  evaluation: '',
  calibration: '',
  calibrationPictures: '',
  protocol: 'gptq',
  context: 256,
  // Small enough that a software adapter draws the demo's whole curve in minutes; a GPU takes seconds and has time for more.
  maxTokens: 4096,
  calibrationTokens: 4096,
  calibrationDraws: 1,
  mode: 'shared',
  seed: 0,
  variants: {},
  sites: 'usual',
};

export const startingState: LabState = {
  engine: { status: 'starting', report: null, memory: null, reason: null },
  demos: { structures: [], models: [] },
  texts: [],
  checkpoint: { status: 'none', demo: null, card: null, tensors: null },
  setup: startingSetup,
  mistakes: {},
  axes: { x: 'bits', y: 'perplexity', scale: null },
  matrixBits: null,
  pace: usualPace,
  goal: usualGoal,
  shelf: [],
  shown: null,
  run: emptyRun,
  source: null,
  beside: [],
  removed: null,
  activity: 'idle',
  rounding: null,
  shared: null,
  notices: [],
  announcement: '',
};
