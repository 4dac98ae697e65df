/**
 * Where finished layers are kept, so that a stop, a reload or a lost device costs no finished work. The lab knows only this
 * interface; a folder (cli) or the browser's own file system (worker) stand behind it.
 */

/** Bytes by key. A key is 64 hex digits. A store may lose entries at any time (they are computed again), but never change one. */
export interface LayerStore {
  /** Null when there is none. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Keeps layers for as long as the object lives. */
export function memoryStore(): LayerStore & { readonly size: number } {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    get: (key) => Promise.resolve(kept.get(key) ?? null),
    put: (key, bytes) => {
      kept.set(key, bytes);
      return Promise.resolve();
    },
    get size() {
      return kept.size;
    },
  };
}
