/**
 * Where finished layers are kept, so that a stop, a reload or a lost device costs no finished work. The lab knows only this
 * interface; a folder (cli) or the browser's own file system (worker) stand behind it.
 */

/** Bytes by key. A key is 64 hex digits. A store may lose entries at any time, and refuse to take one: both cost time and nothing else. */
export interface SiteStore {
  /** Null when there is none, or none that can be read. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Null when it was kept; else why not, in words that follow "because". */
  put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<string | null>;
}

/** Keeps layers for as long as the object lives. */
export function memoryStore(): SiteStore & { readonly size: number } {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    get: (key) => Promise.resolve(kept.get(key) ?? null),
    put: (key, bytes) => {
      kept.set(key, bytes);
      return Promise.resolve(null);
    },
    get size() {
      return kept.size;
    },
  };
}
