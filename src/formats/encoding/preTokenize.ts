/**
 * Splitting a text into the pieces that byte-pair encoding treats one by one. Each step takes a piece and gives the pieces that it becomes;
 * behaviours of a split are the reference implementation's.
 */
import { toByteCharacters } from './byteLevel';
import { findAll, type Pattern } from './pattern';

/** `first`: the piece's text begins where the whole text begins. */
export type PreTokenize = (text: string, first: boolean) => Generator<undefined, string[]>;

export const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
export type Behavior = (typeof behaviors)[number];

/** Pieces between two chances to stop. */
const STRIDE = 1 << 13;

/** The pieces of `text` after all steps. */
export function* preTokenize(
  steps: readonly PreTokenize[],
  text: string,
  first: boolean,
): Generator<undefined, readonly string[]> {
  let pieces: string[] = [text];
  for (const step of steps) {
    const next: string[] = [];
    for (const [i, piece] of pieces.entries()) {
      if (i % STRIDE === STRIDE - 1) yield;
      for (const part of yield* step(piece, first && i === 0)) next.push(part);
    }
    pieces = next;
  }
  return pieces;
}

/** Splits at the matches of a pattern; `invert` takes what lies between them for the matches. */
export function split(pattern: Pattern, behavior: Behavior, invert: boolean): PreTokenize {
  return function* (text) {
    const matches = yield* findAll(pattern, text);
    // Ends of alternating parts, and whether each is a match.
    const ends: number[] = [];
    const marks: boolean[] = [];
    let done = 0;
    for (let i = 0; i < matches.length; i += 2) {
      const [begin, end] = [matches[i] as number, matches[i + 1] as number];
      if (begin > done) {
        ends.push(begin);
        marks.push(invert);
      }
      ends.push(end);
      marks.push(!invert);
      done = end;
    }
    if (done < text.length) {
      ends.push(text.length);
      marks.push(invert);
    }
    return cut(text, ends, marks, behavior);
  };
}

function cut(text: string, ends: readonly number[], marks: readonly boolean[], behavior: Behavior): string[] {
  const pieces: string[] = [];
  const { length } = ends;
  let begin = 0;
  for (let i = 0; i < length; i++) {
    const end = ends[i] as number;
    const [mark, next] = [marks[i], marks[i + 1]];
    // Whether the part and the one after it stay together.
    const joined =
      i + 1 < length &&
      ((behavior === 'Contiguous' && mark === next) ||
        (behavior === 'MergedWithPrevious' && next === true && mark === false) ||
        (behavior === 'MergedWithNext' && mark === true && next === false));
    if (joined) continue;
    if (end > begin && !(behavior === 'Removed' && mark)) pieces.push(text.slice(begin, end));
    begin = end;
  }
  return pieces;
}

/** Bytes as characters, after the split by GPT-2's own pattern where there is one. */
export function byteLevel(addPrefixSpace: boolean, pattern: Pattern | null): PreTokenize {
  const splitWords = pattern && split(pattern, 'Isolated', false);
  return function* (text, first) {
    const prefixed = addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    const pieces = splitWords ? yield* splitWords(prefixed, first) : [prefixed];
    for (let i = 0; i < pieces.length; i++) {
      if (i % STRIDE === STRIDE - 1) yield;
      pieces[i] = yield* toByteCharacters(pieces[i] as string);
    }
    return pieces;
  };
}

/** Spaces as `mark`, one before the text where the scheme says so, and a cut before every mark where `cutting`. */
export function metaspace(mark: string, scheme: string, cutting: boolean): PreTokenize {
  const cutBeforeMarks = split({ kind: 'text', text: mark }, 'MergedWithNext', false);
  return function* (text, first) {
    const marked = text.replaceAll(' ', mark);
    const prefix = (scheme === 'always' || (scheme === 'first' && first)) && !marked.startsWith(mark) ? mark : '';
    return cutting ? yield* cutBeforeMarks(prefix + marked, first) : [prefix + marked];
  };
}
