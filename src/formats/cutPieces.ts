/**
 * Cuts text into pieces that byte-pair encoding can treat one by one with exactly the ids of the whole. Llama-2-style tokenizers have no
 * pre-tokenizer: a whole document is one word to them, and nothing of it could be remembered.
 *
 * Why it is exact: a merge joins neighbouring symbols, and its product is a token of the vocabulary that contains the last character of the
 * left and the first of the right side by side. Where no merge product contains the two characters around a position side by side, no
 * merge crosses it, whatever its neighbours do; the two sides then merge as if the other were not there. Beside a character that the
 * vocabulary lacks nothing is cut: it may vanish, or be one with its neighbour.
 */

export type Cut = (text: string) => Generator<undefined, string[]>;

/** Characters between two chances to stop. */
const STRIDE = 1 << 16;

/** A cut for the given merges and vocabulary. Text is as the model sees it, after normalization. */
export function createCut(
  merges: readonly (readonly [string, string])[],
  vocabulary: ReadonlyMap<string, unknown>,
): Cut {
  const joined = new Set<string>();
  for (const [left, right] of merges) {
    // Pairs inside `left` and `right` are in the set already when they are merge products, or are no pairs at all.
    joined.add(lastCharacter(left) + firstCharacter(right));
  }
  return function* (text) {
    const pieces: string[] = [];
    let begin = 0;
    let at = 0;
    let previous = '';
    let next = STRIDE;
    for (const character of text) {
      if (at > begin && !joined.has(previous + character) && vocabulary.has(previous) && vocabulary.has(character)) {
        pieces.push(text.slice(begin, at));
        begin = at;
      }
      previous = character;
      at += character.length;
      if (at >= next) {
        yield;
        next = at + STRIDE;
      }
    }
    if (begin < text.length) pieces.push(text.slice(begin));
    return pieces;
  };
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) as number);
}

function lastCharacter(text: string): string {
  return [...text.slice(-2)].at(-1) as string;
}
