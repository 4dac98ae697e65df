/**
 * A run is a log: append-only typed events, past tense, no tensors. The page, the command line, the tests, saved files and replay
 * read the same log. Types only. Fields named `seconds…` and `at` are the only ones that differ between two runs of one request.
 */
import type { AdapterCard } from '../gpu/gpu';
import type { ModelCard } from '../model/card';
import type { Insight } from '../quant/solve/insight';
import type { MomentFacts } from '../quant/problem';
import type { Assignment } from '../quant/recipe/assignment';
import type { ErrorRecord } from '../util/errors';
import type { Variants } from './variants';

export type { MomentFacts };

/** How a text becomes windows, and what of them is scored (src/measures/windows.ts). */
export type Protocol = 'gptq' | 'llama.cpp' | 'pictures' | 'other-pictures';
export type CalibrationMode = 'shared' | 'sequential';

/**
 * A text as the log names it. `fingerprint`: first 16 hex digits of SHA-256 of its UTF-8 bytes. `tokens`: of the whole text, or of as
 * much of it as the run had to read.
 */
export interface TextCard {
  readonly label: string;
  readonly fingerprint: string;
  readonly bytes: number;
  readonly tokens: number;
}

/** One curve point to be computed: recipes for all sites, at a width. Serialisable; the whole request crosses the worker boundary. */
export interface PlannedPoint {
  /** Unique in the run, e.g. "gptq-3". The reference is "full-precision". */
  readonly id: string;
  /** Short name of the method, e.g. "rtn"; names the curve. */
  readonly method: string;
  /** What every site is solved by; null for full precision. */
  readonly assignment: Assignment | null;
  /** Bits of a code; 0 for full precision. */
  readonly bits: number;
  /** Columns per group; null for a whole row. */
  readonly group: number | null;
}

export interface RunSettings {
  readonly points: readonly PlannedPoint[];
  readonly protocol: Protocol;
  /** Tokens per evaluation window. */
  readonly context: number;
  /** Evaluate at most this many tokens; null for all. */
  readonly maxTokens: number | null;
  readonly calibrationTokens: number;
  /** Calibrated points are solved and measured on so many disjoint parts of the calibration text, each of `calibrationTokens`; left out: one. */
  readonly calibrationDraws?: number;
  readonly mode: CalibrationMode;
  readonly seed: number;
  /** Left out where calibration is as usual. */
  readonly variants?: Variants;
}

/** A value with its 95 % interval; NaN at its ends where that is not known. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What was measured, by the names that the metas of measures give (src/measures). What could not be told is left out. */
export type Values = Readonly<Record<string, Estimate>>;

/** A value of one block of the model. */
export interface BlockValue extends Estimate {
  readonly block: number;
}

/** What is told block by block of some values, by their names; of blocks that have it, in their order. */
export type ByBlock = Readonly<Record<string, readonly BlockValue[]>>;

/** A point on the windows so far. */
export interface Quality {
  readonly windows: number;
  /** Scored tokens. */
  readonly tokens: number;
  readonly values: Values;
}

/** What a point takes to store, and beside its layers to run. */
export interface Size {
  /** Storage bits per quantized weight, parameters included. */
  readonly bitsPerWeight: number;
  /** Storage bits per weight of the whole model, embeddings, head and norms included. */
  readonly bitsPerWeightAll: number;
  /** 10⁶ bytes. */
  readonly megabytes: number;
  /**
   * Of all sites (SiteResult), those of experts by the share of the tokens that reach them. Left out where there are none, and in logs of earlier
   * versions.
   */
  readonly operations?: number;
}

export interface PointResult {
  readonly id: string;
  readonly method: string;
  readonly bits: number;
  readonly group: number | null;
  readonly size: Size;
  readonly values: Values;
  readonly tokens: number;
  readonly seconds: number;
  /** SHA-256 over the codes and parameters of every quantized layer, in order; of the weights' fingerprint for full precision. */
  readonly hash: string;
}

/** Where something happened: a point, and the id of a site of the model (model/siteId). */
export interface Place {
  readonly point: string;
  readonly site: string;
}

/** A solved site. */
export interface SiteResult extends Place {
  /** Names of the linear layers that read its input: solved together. */
  readonly layers: readonly string[];
  readonly rows: number;
  readonly cols: number;
  /** tr(W H Wᵀ): the loss of rounding everything to zero, to put the others in proportion. Null where nothing was calibrated. */
  readonly energy: number | null;
  /** tr((W−Ŵ) H (W−Ŵ)ᵀ) of rounding to nearest on the same grid, and of this recipe. Null where nothing was calibrated. */
  readonly nearestLoss: number | null;
  readonly loss: number | null;
  readonly damping: number;
  /** How weights and inputs were spread before the transforms and after; absent in logs of earlier versions. */
  readonly insight?: Insight | null;
  readonly bits: number;
  /**
   * What runs beside the layers for each token that reaches them: rotations, factors, thin matrices. Each an addition, a multiplication, or
   * the two in one; the layers' own are rows × cols. Left out where there is nothing, and in logs of earlier versions.
   */
  readonly operations?: number;
  /** SHA-256 over codes and parameters, hex. */
  readonly hash: string;
  readonly seconds: number;
  /** True when taken from what an earlier, interrupted run has kept. */
  readonly resumed: boolean;
}

export type Phase = 'reading' | 'calibrating' | 'quantizing' | 'evaluating';

/** What a remark is about: where finished layers are kept, what the GPU holds at once, or a text. */
export type RemarkTopic = 'storage' | 'memory' | 'calibration' | 'evaluation';

export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly app: string;
      readonly at: string;
      readonly settings: RunSettings;
      readonly model: ModelCard;
      readonly adapter: AdapterCard;
      readonly calibration: TextCard | null;
      /** Calibrated on beside that text, or in its place; left out where no pictures were. */
      readonly calibrationPictures?: TextCard;
      readonly evaluation: TextCard;
    }
  | {
      readonly type: 'progressed';
      readonly phase: Phase;
      readonly point: string | null;
      /** Share of the whole run that is done, by estimated operations, 0 to 1. */
      readonly done: number;
      readonly secondsElapsed: number;
      readonly secondsLeft: number | null;
    }
  | {
      readonly type: 'site-calibrated';
      /** Null when one calibration serves every point (shared mode). */
      readonly point: string | null;
      readonly site: string;
      /** Tokens that reached it, over which H is a mean. */
      readonly tokens: number;
      readonly seconds: number;
    }
  | ({ readonly type: 'damping-raised'; readonly from: number; readonly to: number; readonly attempt: number } & Place)
  | ({
      readonly type: 'fallback-used';
      readonly wanted: string;
      readonly used: string;
      readonly reason: string;
    } & Place)
  | {
      /** The model with the fused rotation of some points was the model without it. */
      readonly type: 'rotation-verified';
      readonly basis: string;
      readonly tokens: number;
      /** Mean KL(model ‖ rotated model) per token, nats; float32 rounding alone. */
      readonly kld: number;
    }
  | {
      /** The model with factors in whatever stands before its layers was the model without them: scales of some points go there. */
      readonly type: 'scales-verified';
      readonly tokens: number;
      /** Mean KL(model ‖ scaled model) per token, nats; float32 rounding alone. */
      readonly kld: number;
      /** Sites whose neighbours take factors, of those that are solved unless an exception says otherwise. */
      readonly folded: number;
      readonly sites: number;
    }
  | {
      /** A point, solved and measured again on another part of the calibration text: what its result owes to the first. */
      readonly type: 'calibration-redrawn';
      readonly point: string;
      /** 1 for the second part. */
      readonly draw: number;
      /** ln(perplexity / full-precision perplexity), over all windows. */
      readonly lnRatio: number;
    }
  | {
      /**
       * overlap: `share` of the evaluation text's passages stand in the calibration text. foreign: the model's loss is `share` of the
       * entropy of the text's own word frequencies.
       */
      readonly type: 'text-doubted';
      readonly doubt: 'overlap' | 'foreign';
      readonly text: string;
      readonly share: number;
    }
  | ({ readonly type: 'site-quantized' } & SiteResult)
  | { readonly type: 'point-started'; readonly point: string }
  | {
      readonly type: 'window-evaluated';
      readonly point: string;
      readonly windowsTotal: number;
      /** Of the point, all of whose sites are solved; absent in logs of earlier versions. */
      readonly size?: Size;
      readonly quality: Quality;
    }
  /** The point cannot be measured; the others go on without it. */
  | { readonly type: 'point-failed'; readonly point: string; readonly error: ErrorRecord }
  | {
      readonly type: 'point-finished';
      readonly result: PointResult;
      /** Mean nats per token of every window, by which two points are compared pair by pair. Logs before them have none. */
      readonly losses?: readonly number[];
      /** Left out where nothing is told so, and in logs of earlier versions. */
      readonly byBlock?: ByBlock;
    }
  /** Something that the reader should know of, in one sentence for people. */
  | { readonly type: 'remarked'; readonly about: RemarkTopic; readonly text: string }
  /** Sites that need not be solved again. `pointsKept`: finished points whose events are told again; absent where there are none. */
  | { readonly type: 'run-resumed'; readonly sitesKept: number; readonly pointsKept?: number }
  | { readonly type: 'run-stopped'; readonly secondsElapsed: number }
  | { readonly type: 'run-failed'; readonly error: ErrorRecord; readonly secondsElapsed: number }
  | { readonly type: 'run-finished'; readonly points: readonly PointResult[]; readonly secondsElapsed: number };
