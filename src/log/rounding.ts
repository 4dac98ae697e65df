/**
 * What rounding the matrices of a checkpoint one by one says: typed events, past tense, as those of a run, and what they add up to. No text
 * and no forward pass has a part in it. Fields named `seconds…` and `at` are the only ones that differ between two of one request.
 */
import type { PlainPoint } from '../quant/recipe/plainMethods';
import type { ErrorRecord } from '../util/errors';
import type { RunEvent } from './events';

export interface RoundingStarted {
  readonly type: 'rounding-started';
  readonly app: string;
  readonly at: string;
  readonly checkpoint: {
    readonly name: string;
    readonly fingerprint: string;
    /** Of all tensors that are decoded, as they are stored. */
    readonly bytes: number;
  };
  readonly adapter: Extract<RunEvent, { type: 'run-started' }>['adapter'];
  readonly points: readonly PlainPoint[];
  /** How many will be rounded. */
  readonly matrices: number;
}

/** A matrix at a point. Flat, so that a line of it is a row of a table. */
export interface MatrixRounded {
  readonly type: 'matrix-rounded';
  /** Name of the tensor. */
  readonly tensor: string;
  /** With its method and width. */
  readonly point: string;
  readonly method: string;
  readonly bits: number;
  readonly rows: number;
  readonly cols: number;
  /** Bytes that it is stored in. */
  readonly stored: number;
  /** ‖W − Ŵ‖² / ‖W‖². */
  readonly error: number;
  /** ‖W − Ŵ‖², and ‖W‖². */
  readonly squaredError: number;
  readonly energy: number;
  /** Storage per weight as exported, parameters included. */
  readonly bitsPerWeight: number;
  /** The grid that was used where the columns do not fit the one that was asked for; null where they do. */
  readonly used: string | null;
  /** SHA-256 over codes and parameters, hex. */
  readonly hash: string;
  readonly seconds: number;
}

/** A point over all matrices that were rounded, those of which nothing could be made being left as stored. */
export interface RoundingTotal {
  readonly point: string;
  readonly matrices: number;
  /** Σ ‖W − Ŵ‖² / Σ ‖W‖². */
  readonly error: number;
  readonly bitsPerWeight: number;
  /** The file: what was rounded as exported, everything else as stored. 10⁶ bytes. */
  readonly megabytes: number;
}

export type RoundingEvent =
  | RoundingStarted
  | MatrixRounded
  /** Nothing could be made of a matrix, at one point or (null) at all. The others go on without it. */
  | {
      readonly type: 'matrix-failed';
      readonly tensor: string;
      readonly point: string | null;
      readonly error: ErrorRecord;
    }
  | Extract<RunEvent, { type: 'progressed' }>
  | { readonly type: 'rounding-stopped'; readonly secondsElapsed: number }
  | { readonly type: 'rounding-failed'; readonly error: ErrorRecord; readonly secondsElapsed: number }
  | { readonly type: 'rounding-finished'; readonly totals: readonly RoundingTotal[]; readonly secondsElapsed: number };

/** What a point has added up to so far. */
export interface RoundingSum {
  readonly matrices: number;
  readonly weights: number;
  readonly squaredError: number;
  readonly energy: number;
  /** Of what was rounded: bits as exported, and bytes as stored. */
  readonly bits: number;
  readonly stored: number;
}

const nothing: RoundingSum = { matrices: 0, weights: 0, squaredError: 0, energy: 0, bits: 0, stored: 0 };

/** Sums by point, with these matrices in them. */
export function addRounded(
  sums: ReadonlyMap<string, RoundingSum>,
  rounded: Iterable<MatrixRounded>,
): ReadonlyMap<string, RoundingSum> {
  const added = new Map(sums);
  for (const { point, rows, cols, squaredError, energy, bitsPerWeight, stored } of rounded) {
    const sum = added.get(point) ?? nothing;
    added.set(point, {
      matrices: sum.matrices + 1,
      weights: sum.weights + rows * cols,
      squaredError: sum.squaredError + squaredError,
      energy: sum.energy + energy,
      bits: sum.bits + bitsPerWeight * rows * cols,
      stored: sum.stored + stored,
    });
  }
  return added;
}

/** In the order of the points; a point of which there is nothing yet has no total. */
export function totalsOf(
  { points, checkpoint }: Pick<RoundingStarted, 'points' | 'checkpoint'>,
  sums: ReadonlyMap<string, RoundingSum>,
): readonly RoundingTotal[] {
  return points.flatMap(({ id }) => {
    const sum = sums.get(id);
    if (!sum) return [];
    return [
      {
        point: id,
        matrices: sum.matrices,
        error: shareOf(sum),
        bitsPerWeight: sum.bits / sum.weights,
        megabytes: (checkpoint.bytes - sum.stored + sum.bits / 8) / 1e6,
      },
    ];
  });
}

/** A matrix of zeros has no energy, and every grid holds zero. */
export const shareOf = ({ squaredError, energy }: Pick<RoundingSum, 'squaredError' | 'energy'>): number =>
  squaredError === 0 ? 0 : squaredError / energy;
