/** What a point takes to store, in bits: quantized layers as exported, everything else as the checkpoint stores it. Pure. */
import type { Checkpoint } from '../formats/checkpoint';
import { tableNames } from '../model/blueprint';
import type { Model } from '../model/model';
import type { PointResult } from './events';

/** Stored bits of the parts of a checkpoint that recipes may replace, and of all of it. */
export interface StoredBits {
  readonly all: number;
  readonly linear: number;
  readonly embedding: number;
  readonly head: number;
}

export function storedBits(checkpoint: Checkpoint, { card, sites }: Model): StoredBits {
  const layers = new Set(sites.flatMap(({ layers }) => layers.map(({ name }) => name)));
  let linear = 0;
  for (const [name, { bytes }] of checkpoint.tensors) {
    // "model.layers.7.self_attn.q_proj.weight": the layer's name between the block's number and "weight".
    const layer = /\.\d+\.(.+)\.weight$/.exec(name)?.[1];
    if (layer && layers.has(layer)) linear += 8 * bytes;
  }
  const of = (name: string) => 8 * (checkpoint.tensors.get(name)?.bytes ?? 0);
  const names = tableNames(card.tiedEmbeddings, checkpoint.tensors);
  return {
    all: 8 * card.bytes,
    linear,
    embedding: of(names.embedding),
    // A head that config.json ties but that is stored with other values counts like any other.
    head: card.tiedEmbeddings ? 0 : of(names.head),
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
