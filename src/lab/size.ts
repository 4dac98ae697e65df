/** What a point takes to store, in bits: quantized layers as exported, everything else as the checkpoint stores it. Pure. */
import type { TensorEntry } from '../formats/checkpoint';
import type { Model } from '../model/model';
import type { PointResult } from '../log/events';

/** Stored bits of the parts of a checkpoint that recipes may replace, and of all of it. */
export interface StoredBits {
  readonly all: number;
  readonly linear: number;
  readonly embedding: number;
  readonly head: number;
}

export function storedBits({ card, parts }: Model): StoredBits {
  const bits = (entries: readonly TensorEntry[]) => entries.reduce((sum, { bytes }) => sum + 8 * bytes, 0);
  return {
    all: 8 * card.bytes,
    linear: bits(parts.linear),
    embedding: bits([parts.embedding]),
    // A head that config.json ties but that is stored with other values counts like any other.
    head: parts.head ? bits([parts.head]) : 0,
  };
}

/** Storage bits of what a recipe replaced; null for what stays as stored. */
export interface ReplacedBits {
  readonly linear: number | null;
  readonly embedding: number | null;
  /** Null also where the head is the embedding. */
  readonly head: number | null;
}

export function sizeOf(
  { card }: Model,
  stored: StoredBits,
  replaced: ReplacedBits,
): Pick<PointResult, 'bitsPerWeight' | 'bitsPerWeightAll' | 'megabytes'> {
  const linear = replaced.linear ?? stored.linear;
  const bits =
    stored.all -
    stored.linear -
    stored.embedding -
    stored.head +
    linear +
    (replaced.embedding ?? stored.embedding) +
    (replaced.head ?? stored.head);
  return {
    bitsPerWeight: linear / card.linearParameters,
    bitsPerWeightAll: bits / card.parameters,
    megabytes: bits / 8e6,
  };
}
