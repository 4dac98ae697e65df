/** Files of this machine as the lab takes them: Blobs that are read by slices when asked. */
import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { openCheckpoint } from '../formats/openCheckpoint';
import type { Checkpoint, SourceFile } from '../formats/checkpoint';
import { otherFormatFound } from '../formats/folder';
import { readText, type LabelledText } from '../formats/text';
import { FetchError, FormatError } from '../util/errors';

/** A checkpoint from its folder, or from one safetensors or JSON file of it. Nothing but headers is read. A FormatError for other files. */
export async function openModelPath(path: string): Promise<Checkpoint> {
  const found = await statOf(path, 'the model');
  // What lies beside a file that is no part of a checkpoint says nothing about it.
  if (!found.isDirectory() && !/\.(safetensors|json)$/i.test(path)) throw foreign(path);
  const folder = found.isDirectory() ? path : resolve(path, '..');
  const names = found.isDirectory() ? await readdir(folder, { recursive: true }) : await readdir(folder);
  const files: SourceFile[] = [];
  for (const name of names.sort()) {
    const full = join(folder, name);
    // A link that leads nowhere (a file of a cache that was not downloaded) is no file; if it is needed, that is said.
    const known = await stat(full).catch(() => null);
    if (known?.isFile()) files.push({ path: relative(folder, full), blob: await openAsBlob(full) });
  }
  requireSeen(files, folder);
  return openCheckpoint(files, { name: basename(resolve(folder)) });
}

/** Files in hidden folders are no part of a model. A FormatError that names the folder where the only one lies there. */
function requireSeen(files: readonly SourceFile[], folder: string): void {
  const hidden = (path: string) => path.split(/[/\\]/).some((part) => part.startsWith('.'));
  if (!files.every(({ path }) => hidden(path))) return;
  const config = files.find(({ path }) => basename(path) === 'config.json');
  if (!config) return;
  const found = join(folder, dirname(config.path));
  throw new FormatError(
    'hidden-checkpoint',
    `${folder} holds a checkpoint in a hidden folder alone, and hidden folders are not searched: give ${found} as --model.`,
    { file: found },
  );
}

export async function readTextPath(path: string): Promise<LabelledText> {
  const found = await statOf(path, 'the text');
  if (found.isDirectory()) throw missing(path, 'the text', 'it is a folder');
  return readText({ path: basename(path), blob: await openAsBlob(path) });
}

async function statOf(path: string, what: string) {
  try {
    return await stat(path);
  } catch (error) {
    throw missing(
      path,
      what,
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error),
    );
  }
}

const foreign = (path: string) =>
  new FormatError(
    'unsupported-format',
    `${otherFormatFound([path]) || `${path} is no file of a checkpoint.`} A checkpoint is a folder with config.json, tokenizer.json and ` +
      'model.safetensors (or its shards and index): give its path as --model.',
    { file: path },
  );

const missing = (path: string, what: string, why: string) =>
  new FetchError('not-found', `${what} ${path} cannot be read: ${why}.`, { path });
