/**
 * Solved layers of one run, behind the store that outlives it: keys that name everything a layer depends on, records that are checked,
 * and a bounded cache in memory for stores that lose entries or are slow.
 */
import { canonicalRecipe } from '../quant/parseRecipe';
import type { Recipe } from '../quant/recipe';
import { FetchError } from '../util/errors';
import { sha256 } from '../util/hash';
import { packLayer, unpackLayer, type KeptLayer } from './keptLayer';
import type { LayerStore } from './layerStore';

/** Bytes of records held in memory beside the store. */
const cacheBytes = 256 * 2 ** 20;

/** What a solved layer depends on, beside its recipe and place. Another value of any of these is another layer. */
export interface Circumstances {
  readonly app: string;
  readonly adapter: string;
  readonly model: string;
  /** Fingerprint, tokens and window length of what calibrated it; null for layers that H had no part in. */
  readonly calibration: {
    readonly fingerprint: string;
    readonly tokens: number;
    readonly context: number;
    /** The part of the text, where it is not the first. */
    readonly draw?: number;
  } | null;
  readonly mode: string;
  readonly seed: number;
}

export class Cabinet {
  readonly #cache = new Map<string, Uint8Array<ArrayBuffer>>();
  #cached = 0;

  constructor(
    readonly store: LayerStore,
    readonly circumstances: Circumstances,
  ) {}

  key(recipe: Recipe, block: number, site: string): Promise<string> {
    return sha256(JSON.stringify([1, this.circumstances, canonicalRecipe(recipe), block, site]));
  }

  /** Null when there is none that can be believed. */
  async find(key: string): Promise<KeptLayer | null> {
    const record = this.#cache.get(key) ?? (await this.store.get(key));
    return record && unpackLayer(record);
  }

  /** What was put or found before. A FetchError when the store has lost it since. */
  async get(key: string): Promise<KeptLayer> {
    const kept = await this.find(key);
    if (kept) return kept;
    throw new FetchError(
      'layer-lost',
      'a finished layer is no longer where it was kept: the storage was cleared or is full. Run again; what is left is used.',
    );
  }

  async put(key: string, layer: KeptLayer): Promise<void> {
    const record = await packLayer(layer);
    if (this.#cached + record.length <= cacheBytes) {
      this.#cache.set(key, record);
      this.#cached += record.length;
    }
    await this.store.put(key, record);
  }
}
