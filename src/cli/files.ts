/** Files of this machine as the lab takes them: Blobs that are read by slices when asked. */
import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { openCheckpoint } from '../formats/openCheckpoint';
import type { Checkpoint, SourceFile } from '../formats/checkpoint';
import { otherFormatFound } from '../formats/folder';
import { formsOf } from '../formats/noCheckpoint';
import type { Reader } from '../formats/reader';
import { readers, readersOfFile } from '../formats/readers';
import { readText, type LabelledText } from '../formats/text';
import { FetchError, FormatError } from '../util/errors';

/**
 * A checkpoint from its folder, or from one file of it: then of that file's kind, whatever else lies beside, and of that file alone where it
 * is all of one. Nothing but headers is read. A FormatError for files that are no part of a checkpoint.
 */
export async function openModelPath(path: string, known: readonly Reader[] = readers): Promise<Checkpoint> {
  const found = await statOf(path, 'the model');
  const file = basename(path);
  const among = found.isDirectory() ? known : readersOfFile(file, known);
  // What lies beside a file that is no part of a checkpoint says nothing about it.
  if (among.length === 0) throw foreign(path, known);
  if (!found.isDirectory() && among.some((reader) => reader.match([file])?.found === 'whole')) {
    return openCheckpoint([{ path: file, blob: await openAsBlob(path) }], {}, among);
  }
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
  return openCheckpoint(files, { name: basename(resolve(folder)) }, among);
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

/** A file of little-endian float32 values, however many. FormatError where its bytes are not whole values. */
export async function readFloatsPath(path: string, what: string): Promise<Float32Array<ArrayBuffer>> {
  const found = await statOf(path, what);
  if (found.isDirectory()) throw missing(path, what, 'it is a folder');
  if (found.size % 4) {
    throw new FormatError(
      'wrong-length',
      `${path} has ${found.size} bytes, which are no whole float32 values of 4 bytes each. Write them as little-endian float32, nothing else.`,
      { file: path, found: found.size },
    );
  }
  return new Float32Array(await (await openAsBlob(path)).arrayBuffer());
}

/** The path, where a file lies there; a FetchError otherwise. */
export async function fileAt(path: string, what: string): Promise<string> {
  if ((await statOf(path, what)).isDirectory()) throw missing(path, what, 'it is a folder');
  return path;
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

const foreign = (path: string, known: readonly Reader[]) =>
  new FormatError(
    'unsupported-format',
    `${otherFormatFound([path]) || `${path} is no file of a checkpoint.`} A checkpoint is ${formsOf(known)}: give its path as --model.`,
    { file: path },
  );

const missing = (path: string, what: string, why: string) =>
  new FetchError('not-found', `${what} ${path} cannot be read: ${why}.`, { path });
