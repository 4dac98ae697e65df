/**
 * What a measure is: named values made of the scores of tokens. A measure is `<name>.ts` and `<name>.meta.ts`, found by name; the columns of
 * tables, files and links and the axes of the chart come from its meta, so that nobody else knows what is measured. Types only.
 */
import type { ByBlock, Values } from '../log/events';

/** One value of a point, as page, files and command line need to know it. */
export interface ValueMeta {
  /** Its key in results and files, e.g. "kld". */
  readonly name: string;
  /** Heading of its column. */
  readonly label: string;
  /** One to three plain sentences for who meets it first. */
  readonly help: string;
  readonly better: 'low' | 'high';
  /** What it shows best on. On a log scale, a value that is compared with nothing is above zero. */
  readonly scale: 'log' | 'linear';
  /** How it is written: as a number, or as a share of one in percent. */
  readonly as: 'number' | 'share';
  /** What it compares with; what compares with full precision has no value at full precision itself. */
  readonly against: 'nothing' | 'full precision';
  /** Whether tables for people have a column of it; files always have. What only `pictures` or `experts` have is told where it was measured. */
  readonly shown: 'table' | 'file' | 'pictures' | 'experts';
  /** What the choice of it as the vertical axis is called, and the axis itself; left out where it is none of the chart's. */
  readonly axis?: { readonly label: string; readonly title: string };
}

export interface MeasureMeta {
  readonly name: string;
  /** One line: what it tells. */
  readonly line: string;
  /** Place of its values among those of other measures, from 0. */
  readonly place: number;
  readonly values: readonly ValueMeta[];
}

/** Which picture stands before a text. */
export type Shown = 'own' | 'other';

/** One of the answers that are offered to a question. */
export interface Choice {
  /** Which question, by any number. */
  readonly question: number;
  readonly right: boolean;
}

/** Scores of one window, one entry per scored token. */
export interface ScoredWindow {
  /** `other`: behind another picture than its own, for what that costs. */
  readonly picture?: Shown | undefined;
  /** Of a text that is one of several answers to a question. */
  readonly choice?: Choice | null | undefined;
  /** −ln p of the token, nats. */
  readonly nll: Float32Array;
  /** The same at full precision. */
  readonly base?: Float32Array | undefined;
  /** KL(full precision ‖ quantized), nats. */
  readonly kld?: Float32Array | undefined;
  /** 1 where the most likely token is that of full precision, else 0. */
  readonly agree?: Float32Array | undefined;
  /** By block that has experts: 1 where the token goes to others than in full precision, else 0. */
  readonly rerouted?: ReadonlyMap<number, Uint8Array> | undefined;
}

/** A point on its way: windows come one by one, and after each the values are those of all windows so far. */
export interface Gathering {
  add(window: ScoredWindow): void;
  /** A wrong answer to a question, or a text behind another picture, which is none to measure by; left out where that does not matter. */
  addOther?(window: ScoredWindow): void;
  /** By name; a value that cannot be told (nothing to compare with) is left out. */
  values(): Values;
  /** What of them is told block by block as well; left out where nothing is. */
  byBlock?(): ByBlock;
}

/** What a measure knows of the text. */
export interface ScoredText {
  /** UTF-8 bytes per token. */
  readonly bytesPerToken: number;
  /** Of each window that is one of several answers; left out where none is. */
  readonly choices?: readonly (Choice | null)[];
  /** Of each window, where some stand behind other pictures, each next after its text behind its own. */
  readonly shown?: readonly Shown[];
}

export type Measure = (text: ScoredText) => Gathering;
