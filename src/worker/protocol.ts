/**
 * What the page and its worker say to each other. Types only. Every request has an id; its answer, failure and events carry the
 * same one. Errors travel as records, because structured clone drops their class.
 */
import type { SourceFile } from '../formats/checkpoint';
import type { MemoryUse } from '../gpu/buffers';
import type { RunEvent, RunSettings } from '../log/events';
import type { FinishedPoint } from '../log/takeOver';
import type { RoundingEvent } from '../log/rounding';
import type { CheckpointCard, HeaderCard } from '../model/card';
import type { PlainPoint } from '../quant/recipe/plainMethods';
import type { ErrorRecord } from '../util/errors';

export type { SourceFile } from '../formats/checkpoint';
export type { MemoryUse } from '../gpu/buffers';

export type AdapterCard = Extract<RunEvent, { type: 'run-started' }>['adapter'];

/** The adapter, and what a matrix product of ours reaches on it. */
export interface AdapterReport {
  readonly card: AdapterCard;
  /** 10⁹ floating-point operations per second of an f32 product; null when it was not measured. */
  readonly gigaflops: number | null;
  /** Whether finished layers outlive the page; otherwise they are kept in memory. */
  readonly keepsLayers: boolean;
}

/** A text's file (.txt or .jsonl), under the name that people know it by; or a set of pictures. */
export interface TextSource extends SourceFile {
  readonly label: string;
  /** Of a set: the pictures that the lines of its file name, by their paths from the file's folder. */
  readonly pictures?: readonly SourceFile[];
}

/** What is in a set of pictures, with a few of them. */
export interface PictureReport {
  readonly pictures: number;
  readonly captions: number;
  readonly questions: number;
  /** How captions and questions are written. */
  readonly templates: { readonly caption: string; readonly question: string };
  readonly samples: readonly PictureSample[];
}

export interface PictureSample {
  /** Its path in the set. */
  readonly image: string;
  readonly width: number;
  readonly height: number;
  /** Made smaller; red, green, blue and 255 of every pixel. */
  readonly thumbnail: {
    readonly width: number;
    readonly height: number;
    readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  };
  /** What is told of it, and what is asked before. */
  readonly texts: readonly { readonly asked?: string; readonly told: string }[];
}

export interface RunRequest {
  readonly settings: RunSettings;
  readonly evaluation: TextSource;
  /** Null when no method needs calibration, or pictures alone are calibrated on. */
  readonly calibration: TextSource | null;
  /** A set of pictures beside that text, or in its place. */
  readonly calibrationPictures?: TextSource;
  /** Points that were measured before: those that the run would repeat are taken over. */
  readonly earlier?: readonly FinishedPoint[];
  /** Whether all of them stay in the run where they can (`asked`: only those that it asks for). */
  readonly keepEarlier?: 'all' | 'asked';
}

/** Operations by name: what is asked, what is answered, and what is told meanwhile. */
export interface Operations {
  adapter: { ask: null; answer: AdapterReport; event: never };
  /**
   * Opens a checkpoint and keeps it for the runs that follow. On failure, and when a later one was asked for meanwhile, the one before
   * stays open. The card of a model's headers is sent ahead of the answer. What is no model here is open for `round`.
   */
  open: { ask: { readonly files: readonly SourceFile[] }; answer: CheckpointCard; event: never };
  run: { ask: RunRequest; answer: null; event: RunEvent };
  /** Looks into a set of pictures, and unpacks as many of them as are asked for. */
  pictures: { ask: { readonly source: TextSource; readonly samples: number }; answer: PictureReport; event: never };
  /** Rounds the matrices of the open checkpoint one by one. */
  round: { ask: { readonly points: readonly PlainPoint[] }; answer: null; event: RoundingEvent };
  /** Memory on the GPU that is in use and kept for re-use. */
  memory: { ask: null; answer: MemoryUse; event: never };
  /** For tests: destroys the device as a driver reset would. A run under way opens another and resumes. */
  'lose-device': { ask: null; answer: null; event: never };
}
export type Operation = keyof Operations;

export type Request = {
  [O in Operation]: { readonly type: 'ask'; readonly id: number; readonly name: O; readonly ask: Operations[O]['ask'] };
}[Operation];

export type ToWorker = Request | { readonly type: 'stop'; readonly id: number };

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly answer: Operations[Operation]['answer'] }
  | { readonly type: 'headers'; readonly id: number; readonly card: HeaderCard }
  | { readonly type: 'failure'; readonly id: number; readonly error: ErrorRecord }
  /** A stop was heard; the request ends soon, as far as the device lets it. */
  | { readonly type: 'stopping'; readonly id: number }
  | { readonly type: 'events'; readonly id: number; readonly events: readonly Operations[Operation]['event'][] };
