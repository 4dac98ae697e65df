/**
 * Cuts text into pieces that byte-pair encoding can treat one by one with exactly the ids of the whole. Llama-2-style tokenizers have no
 * pre-tokenizer: the library merges a whole document as one word, in more than linear time and memory.
 *
 * Why it is exact: a merge joins neighbouring symbols, and its product is a token of the vocabulary that contains the last character of the
 * left and the first of the right side by side. Where no merge product contains the two characters around a position side by side, no
 * merge crosses it, whatever its neighbours do; the two sides then merge as if the other were not there.
 */

export type Cut = (text: string) => string[];

/** A cut for the given merges. Text is as the model sees it, after normalization. */
export function createCut(merges: readonly (readonly [string, string])[]): Cut {
  const joined = new Set<string>();
  for (const [left, right] of merges) {
    // Pairs inside `left` and `right` are in the set already when they are merge products, or are no pairs at all.
    const a = lastCharacter(left);
    const b = firstCharacter(right);
    joined.add(a + b);
  }
  return (text) => {
    const pieces: string[] = [];
    let begin = 0;
    let at = 0;
    let previous = '';
    for (const character of text) {
      if (at > begin && !joined.has(previous + character)) {
        pieces.push(text.slice(begin, at));
        begin = at;
      }
      previous = character;
      at += character.length;
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
