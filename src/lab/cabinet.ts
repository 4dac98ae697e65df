/**
 * Solved sites of one run, behind the store that outlives it: keys that name everything a site's result depends on, records that are checked,
 * and a bounded cache in memory for stores that lose entries or are slow.
 */
import type { Variants } from '../log/variants';
import { FetchError } from '../util/errors';
import { sha256 } from '../util/hash';
import { packSite, unpackSite, type KeptSite } from './keptSite';
import type { SiteStore } from './siteStore';

/** Bytes of records held in memory beside the store. */
const cacheBytes = 256 * 2 ** 20;

/** What calibrated a site. */
export interface Calibrated {
  /** Of the text; null where there was none. */
  readonly fingerprint: string | null;
  /** Windows of the text, and their length. */
  readonly tokens: number;
  readonly context: number;
  readonly pictures?: { readonly fingerprint: string; readonly passages: number };
  /** The part of text and pictures, where it is not the first. */
  readonly draw?: number;
}

/** What a solved site depends on, beside its recipe and place. Another value of any of these is another result. */
export interface Circumstances {
  readonly app: string;
  readonly adapter: string;
  readonly model: string;
  /** Null for sites that H had no part in. */
  readonly calibration: Calibrated | null;
  readonly mode: string;
  readonly seed: number;
  /** Of the calibration, where it is not the usual one. */
  readonly variants?: Variants;
}

export class Cabinet {
  readonly #cache = new Map<string, Uint8Array<ArrayBuffer>>();
  #cached = 0;
  /** Records that the store has refused: the run needs them, however many they are. */
  readonly #refused = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(
    readonly store: SiteStore,
    readonly circumstances: Circumstances,
  ) {}

  /** `recipe`: its canonical text. 2: the form of the key. */
  key(recipe: string, site: string): Promise<string> {
    return sha256(JSON.stringify([2, this.circumstances, recipe, site]));
  }

  /** Null when there is none that can be believed. */
  async find(key: string): Promise<KeptSite | null> {
    const record = this.#cache.get(key) ?? this.#refused.get(key) ?? (await this.store.get(key).catch(() => null));
    return record && unpackSite(key, record);
  }

  /** What was put or found before. A FetchError when the store has lost it since. */
  async get(key: string): Promise<KeptSite> {
    const kept = await this.find(key);
    if (kept) return kept;
    throw new FetchError(
      'layer-lost',
      'a finished layer is no longer where it was kept: the storage was cleared or is full. Run again; what is left is used.',
    );
  }

  /** Null when the store has it; else why not. This run has it either way. */
  async put(key: string, layer: KeptSite): Promise<string | null> {
    const record = await packSite(key, layer);
    if (this.#cached + record.length <= cacheBytes) {
      this.#cache.set(key, record);
      this.#cached += record.length;
    }
    const refusal = await this.store
      .put(key, record)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (refusal !== null && !this.#cache.has(key)) this.#refused.set(key, record);
    return refusal;
  }
}
