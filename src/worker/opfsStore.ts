/**
 * Finished layers in the browser's own file system (OPFS), one file each, so that a reload, a stop or a lost device costs no finished
 * work.
 */
import { boundedStore, type SiteFile } from '../lab/boundedStore';
import type { SiteStore } from '../lab/siteStore';

const folderName = 'layers';

/** Null where the browser has no such file system, or refuses it (private windows of some). */
export async function openLayerStore(storage: StorageManager | undefined): Promise<SiteStore | null> {
  try {
    const root = await storage?.getDirectory();
    const folder = await root?.getDirectoryHandle(folderName, { create: true });
    return folder ? await storeIn(folder) : null;
  } catch {
    return null;
  }
}

/** A small text beside the layers. */
export interface Note {
  /** Empty when there is none, or no file system. */
  read(): Promise<string>;
  write(text: string): Promise<void>;
}

/** A note by name; where the browser has no file system, one that forgets. */
export function openNote(storage: StorageManager | undefined, name: string): Note {
  return {
    async read() {
      try {
        const root = await storage?.getDirectory();
        const file = await (await root?.getFileHandle(name))?.getFile();
        return (await file?.text()) ?? '';
      } catch {
        return '';
      }
    },
    async write(text) {
      try {
        const root = await storage?.getDirectory();
        const writable = await (await root?.getFileHandle(name, { create: true }))?.createWritable();
        await writable?.write(text);
        await writable?.close();
      } catch {
        // Not remembered: it is found out again on the next visit.
      }
    },
  };
}

function storeIn(folder: FileSystemDirectoryHandle): Promise<SiteStore> {
  return boundedStore({
    async list() {
      const found: SiteFile[] = [];
      for await (const [name, entry] of folder.entries()) {
        if (entry.kind !== 'file') continue;
        const { size, lastModified } = await entry.getFile();
        found.push({ name, size, at: lastModified });
      }
      return found;
    },
    async read(name) {
      const file = await (await folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    },
    async write(name, bytes) {
      try {
        // A writable replaces the file when it is closed: a half-written layer is never seen.
        const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
        await writable.write(bytes);
        await writable.close();
      } catch (error) {
        // The handle alone has made an empty file.
        await folder.removeEntry(name).catch(() => undefined);
        throw error;
      }
    },
    remove: (name) => folder.removeEntry(name),
  });
}
