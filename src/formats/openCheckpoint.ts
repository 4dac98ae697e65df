/**
 * The checkpoint among dropped files, opened by the reader whose kind lies there. Which one is decided by names alone, before anything is
 * read: the kind that is there whole before one that is there in part, then by standing (reader.ts). Two that neither tells apart are
 * refused with both their names; a reader that was chosen and fails is not replaced by another.
 */
import { FormatError } from '../util/errors';
import type { Checkpoint, SourceFile } from './checkpoint';
import { inHiddenFolder, noCheckpoint } from './noCheckpoint';
import { finds, type Match, type Reader, standings } from './reader';
import { readers } from './readers';
import { siftFiles } from './siftFiles';

export interface OpenOptions {
  /** Name to show, where the paths hold no folder name (the CLI knows the directory). */
  readonly name?: string;
}

/**
 * Opens the checkpoint among `files`; paths may have a leading folder, and files that do not belong to it are ignored. FormatError when
 * there is none, more than one, or its headers are wrong; FetchError when bytes cannot be had.
 */
export async function openCheckpoint(
  files: readonly SourceFile[],
  options: OpenOptions = {},
  among: readonly Reader[] = readers,
): Promise<Checkpoint> {
  const sifted = siftFiles(files);
  const paths = [...sifted.visible.keys()];
  const [first, ...others] = candidatesOf(paths, among);
  if (!first) {
    // Weights alone would not open elsewhere either.
    const hidden = candidatesOf(sifted.hidden, among).find(({ found }) => found !== 'weights');
    throw hidden ? inHiddenFolder(hidden.by) : noCheckpoint(paths, among);
  }
  const equal = others.filter((other) => order(first, other) === 0);
  if (equal.length > 0) throw severalKinds([first, ...equal]);
  const checkpoint = await first.reader.open(sifted);
  const remarks = [
    ...(checkpoint.remarks ?? []),
    ...others.filter(({ found }) => found === 'whole').map((other) => passedOver(other, first)),
  ];
  return { ...checkpoint, name: options.name ?? checkpoint.name, ...(remarks.length > 0 ? { remarks } : {}) };
}

interface Candidate extends Match {
  readonly reader: Reader;
}

/** The readers that find something of their kind, those that go first in front. */
function candidatesOf(paths: readonly string[], among: readonly Reader[]): readonly Candidate[] {
  return among
    .flatMap((reader) => {
      const match = reader.match(paths);
      return match ? [{ ...match, reader }] : [];
    })
    .sort(order);
}

function order(a: Candidate, b: Candidate): number {
  const place = ({ reader }: Candidate) => standings.indexOf(reader.standing);
  return finds.indexOf(a.found) - finds.indexOf(b.found) || place(a) - place(b);
}

const shown = ({ reader, by }: Candidate) => `${reader.label} (${by})`;

function severalKinds(candidates: readonly Candidate[]): FormatError {
  return new FormatError(
    'several-checkpoints',
    `${candidates.length} kinds of checkpoint lie here, and none goes before the others: ${candidates.map(shown).join(', ')}. ` +
      'Open one of them alone.',
    { found: candidates.length, readers: candidates.map(({ reader }) => reader.name).join(', ') },
  );
}

const passedOver = (other: Candidate, opened: Candidate) =>
  `${other.by} is ${other.reader.label} and is not opened: ${shown(opened)} goes before it; open it alone for its own numbers`;
