/**
 * A store of solved sites on files, whatever keeps the files: bounded and trimmed by one rule, and no fault of a disk gets past it. A record
 * that cannot be read is not there, one that cannot be written is refused with the reason. Nothing but names of layers is looked at,
 * because a folder may hold files of somebody else.
 */
import type { SiteStore } from './siteStore';

/** Bytes of layers kept. A 1 B-parameter model at seven widths has 4 GB of codes; browsers give a page some 10 GB. */
export const usualLimit = 4e9;

export interface SiteFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written, in milliseconds of any clock. */
  readonly at: number;
}

/** Files by name in one place. Anything may fail; then it throws. */
export interface SiteFiles {
  list(): Promise<readonly SiteFile[]>;
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** All of it or nothing: half a record is never seen under its name. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
}

const siteFileName = /^[0-9a-f]{64}$/;

/** The store on these files, at most `limit` bytes. When opened it removes the oldest layers until half of the limit is free. */
export async function boundedStore(files: SiteFiles, limit = usualLimit): Promise<SiteStore> {
  const sizes = await trim(files, limit / 2);
  let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return {
    get: (key) => files.read(key).catch(() => null),
    async put(key, bytes) {
      const grown = total + bytes.byteLength - (sizes.get(key) ?? 0);
      if (grown > limit) return `the layers kept there have reached ${limit / 1e9} GB`;
      try {
        await files.write(key, bytes);
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
      total = grown;
      sizes.set(key, bytes.byteLength);
      return null;
    },
  };
}

/** Removes empty files and the oldest layers beyond `most` bytes; the sizes of the others by name. */
async function trim(files: SiteFiles, most: number): Promise<Map<string, number>> {
  const layers = (await files.list().catch(() => [])).filter(({ name }) => siteFileName.test(name));
  const kept = new Map<string, number>();
  let total = 0;
  for (const { name, size } of layers.sort((a, b) => b.at - a.at)) {
    // Empty: a write that never ended.
    const drop = size === 0 || total + size > most;
    const dropped =
      drop &&
      (await files.remove(name).then(
        () => true,
        () => false,
      ));
    if (dropped) continue;
    total += size;
    kept.set(name, size);
  }
  return kept;
}
