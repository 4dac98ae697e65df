/** Errors on files among which there is no checkpoint, in the words of the readers that looked for one. Nothing is read here. */
import { FormatError } from '../util/errors';
import { listed, otherFormatFound } from './folder';
import type { Kind } from './reader';

/** "a folder with …, or …": what belongs together in these kinds of checkpoint. */
export const formsOf = (kinds: readonly Kind[]): string =>
  kinds.map(({ form, variants }) => (variants ? `${form} ${variants}` : form)).join(', or ');

/** For visible `paths`. `other` is a sentence on files of other formats, and goes before what is missing. */
export function noCheckpoint(
  paths: readonly string[],
  kinds: readonly Kind[],
  other = otherFormatFound(paths),
): FormatError {
  const short = kinds.map(({ form }) => form).join(', or ');
  const full = formsOf(kinds);
  const known = kinds.map(({ knownBy }) => knownBy).join(' or ');
  return new FormatError(
    other ? 'unsupported-format' : 'missing-file',
    paths.length === 0
      ? `no files were given. A checkpoint is ${short}.`
      : other
        ? `${other} A checkpoint is ${full}.`
        : `${known} is missing; found ${listed(paths)}. A checkpoint is ${full}: drop the whole folder, or all these files together.`,
    { file: known },
  );
}

/** For a checkpoint that is passed over, by the path of a file of it. */
export function inHiddenFolder(path: string): FormatError {
  return new FormatError(
    'hidden-folder',
    `${path} lies in a hidden folder; those are passed over. Open the folder that holds it, by its own path.`,
    { file: path },
  );
}
