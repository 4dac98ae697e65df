/**
 * Finished layers in the browser's own file system (OPFS), one file each, so that a reload, a stop or a lost device costs no finished
 * work. When the folder grows past its limit, the oldest layers go.
 */
import type { LayerStore } from '../lab/layerStore';

/** Bytes of layers kept. A 1 B-parameter model at seven widths has 4 GB of codes; browsers give a page some 10 GB. */
const limit = 4e9;
const folderName = 'layers';

/** Null where the browser has no such file system, or refuses it (private windows of some). */
export async function openLayerStore(storage: StorageManager | undefined): Promise<LayerStore | null> {
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

async function storeIn(folder: FileSystemDirectoryHandle): Promise<LayerStore> {
  const sizes = await trim(folder);
  let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return {
    async get(key) {
      try {
        const file = await (await folder.getFileHandle(key)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      } catch {
        // Not there, or not readable: the layer is computed again.
        return null;
      }
    },
    async put(key, bytes) {
      if (total + bytes.byteLength > limit) return;
      try {
        // A writable replaces the file when it is closed: a half-written layer is never seen.
        const writable = await (await folder.getFileHandle(key, { create: true })).createWritable();
        await writable.write(bytes);
        await writable.close();
        total += bytes.byteLength - (sizes.get(key) ?? 0);
        sizes.set(key, bytes.byteLength);
      } catch {
        // The disk is full or the file is open elsewhere: the layer is not kept, which costs time and nothing else.
        await folder.removeEntry(key).catch(() => undefined);
      }
    },
  };
}

/** Removes the oldest files until half of the limit is free; returns the sizes of the others by name. */
async function trim(folder: FileSystemDirectoryHandle): Promise<Map<string, number>> {
  const files: { name: string; size: number; at: number }[] = [];
  for await (const [name, entry] of folder.entries()) {
    if (entry.kind !== 'file') continue;
    const file = await entry.getFile();
    // Empty: a write that never ended.
    if (file.size === 0) await folder.removeEntry(name).catch(() => undefined);
    else files.push({ name, size: file.size, at: file.lastModified });
  }
  files.sort((a, b) => b.at - a.at);
  const kept = new Map<string, number>();
  let total = 0;
  for (const { name, size } of files) {
    total += size;
    if (total > limit / 2) await folder.removeEntry(name).catch(() => undefined);
    else kept.set(name, size);
  }
  return kept;
}
