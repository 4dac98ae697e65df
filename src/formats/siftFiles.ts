/**
 * Dropped files under paths of one form. Paths come in every form: with a leading folder, flat, with backslashes, next to hidden files.
 * Nothing is read here.
 */
import { FormatError } from '../util/errors';
import type { SourceFile } from './checkpoint';

export interface Files {
  /** By path, its parts separated by "/" and none of them "." or empty. */
  readonly visible: ReadonlyMap<string, SourceFile>;
  /** Paths that are passed over: `.git`, `.cache`, `._model.safetensors` (macOS), `__MACOSX`. */
  readonly hidden: readonly string[];
}

/** FormatError `duplicate-file` where two visible files have one path. */
export function siftFiles(files: readonly SourceFile[]): Files {
  const visible = new Map<string, SourceFile>();
  const hidden: string[] = [];
  for (const file of files) {
    const path = normalize(file.path);
    if (isHidden(path)) {
      hidden.push(path);
      continue;
    }
    if (visible.has(path)) {
      throw new FormatError(
        'duplicate-file',
        `two files are named ${path}. Files of two folders were given together: open one model at a time, best as a folder.`,
        { file: path },
      );
    }
    visible.set(path, file);
  }
  return { visible, hidden };
}

function normalize(path: string): string {
  return path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => (part.startsWith('.') && part !== '..') || part === '__MACOSX');
}
