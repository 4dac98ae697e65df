/** Finished layers in a folder of this machine, one file a layer. */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { boundedStore, type SiteFile } from '../lab/boundedStore';
import type { SiteStore } from '../lab/siteStore';
import { refused } from './options';

const ending = '.layer';
/** A layer that is being written, by the process of this number. */
const partial = /^[0-9a-f]{64}\.layer\.(\d+)\.part$/;

/** The store in `folder`, which is made where there is none. A RecipeError when that cannot be: then nothing could be kept at all. */
export async function folderStore(folder: string, limit?: number): Promise<SiteStore> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw refused(`--keep ${folder} cannot be a folder: ${error instanceof Error ? error.message : String(error)}`);
  }
  await removePartial(folder);
  const pathOf = (name: string) => join(folder, name + ending);
  const files = {
    async list() {
      const found: SiteFile[] = [];
      for (const file of await readdir(folder)) {
        if (!file.endsWith(ending)) continue;
        const name = file.slice(0, -ending.length);
        const known = await stat(pathOf(name)).catch(() => null);
        if (known?.isFile()) found.push({ name, size: known.size, at: known.mtimeMs });
      }
      return found;
    },
    read: async (name: string) => new Uint8Array(await readFile(pathOf(name))),
    async write(name: string, bytes: Uint8Array) {
      // Written beside and renamed: a process that ends in between leaves no half of a layer.
      const beside = `${pathOf(name)}.${process.pid}.part`;
      try {
        await writeFile(beside, bytes);
        await rename(beside, pathOf(name));
      } catch (error) {
        await rm(beside, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    remove: (name: string) => rm(pathOf(name)),
  };
  return boundedStore(files, limit);
}

/** Removes what processes have left behind that ended while they wrote. */
async function removePartial(folder: string): Promise<void> {
  for (const file of await readdir(folder).catch(() => [])) {
    const writer = partial.exec(file)?.[1];
    if (writer !== undefined && !isAlive(Number(writer))) await rm(join(folder, file)).catch(() => undefined);
  }
}

function isAlive(writer: number): boolean {
  try {
    return process.kill(writer, 0);
  } catch (error) {
    // There is one, of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
