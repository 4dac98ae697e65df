/** Finished layers in a folder of this machine, one file a layer. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerStore } from '../lab/layerStore';

export async function folderStore(folder: string): Promise<LayerStore> {
  await mkdir(folder, { recursive: true });
  const pathOf = (key: string) => join(folder, `${key}.layer`);
  return {
    async get(key) {
      try {
        return new Uint8Array(await readFile(pathOf(key)));
      } catch {
        return null;
      }
    },
    async put(key, bytes) {
      // Written beside and renamed: a process that ends in between leaves no half of a layer.
      const partial = `${pathOf(key)}.${process.pid}.part`;
      await writeFile(partial, bytes);
      await rename(partial, pathOf(key));
    },
  };
}
