/**
 * Added tokens in a text, as the reference implementation finds them: from left to right, of those that begin at one place the longest; not
 * inside words where `single_word` says so; with the white space beside them where `lstrip` or `rstrip` say so. Those that are not
 * `normalized` are sought in the text as it is, the others afterwards, in what normalization made of the rest.
 */
import type { AddedToken } from '../bytePairModel';
import type { Normalize } from './normalize';

/** A part of a text: an added token's id, or text for the model. `first` is where the whole text begins. */
export type Section = number | { readonly text: string; readonly first: boolean };

/** Characters looked at between two chances to stop. */
const STRIDE = 1 << 16;

export class AddedTokens {
  readonly #plain: Trie;
  readonly #normalized: Trie;

  constructor(
    tokens: readonly AddedToken[],
    readonly normalize: Normalize,
  ) {
    this.#plain = new Trie(tokens.filter(({ normalized }) => !normalized).map((token) => [token.content, token]));
    this.#normalized = new Trie(
      tokens.filter(({ normalized }) => normalized).map((token) => [normalize(token.content), token]),
    );
  }

  /** The sections of `text`; those for the model are normalized. */
  *split(text: string): Generator<undefined, Section[]> {
    const sections: Section[] = [];
    for (const section of yield* this.#plain.split({ text, first: true })) {
      if (typeof section === 'number') sections.push(section);
      else {
        const { first } = section;
        for (const inner of yield* this.#normalized.split({ text: this.normalize(section.text), first })) {
          sections.push(inner);
        }
      }
    }
    return sections;
  }
}

interface Branch {
  readonly next: Map<string, Branch>;
  token: AddedToken | null;
}

const branch = (): Branch => ({ next: new Map(), token: null });

class Trie {
  readonly #root = branch();

  constructor(entries: readonly (readonly [string, AddedToken])[]) {
    for (const [content, token] of entries) {
      if (content === '') continue;
      let node = this.#root;
      for (const character of content) {
        const next = node.next.get(character) ?? branch();
        node.next.set(character, next);
        node = next;
      }
      // Of two with one content the first counts.
      node.token ??= token;
    }
  }

  *split({ text, first }: Exclude<Section, number>): Generator<undefined, Section[]> {
    if (this.#root.next.size === 0) return text === '' ? [] : [{ text, first }];
    const sections: Section[] = [];
    let done = 0;
    let looked = 0;
    const rest = (end: number) => {
      if (end > done) sections.push({ text: text.slice(done, end), first: first && done === 0 });
    };
    for (let i = 0; i < text.length;) {
      const found = this.#longestAt(text, i);
      looked += found.looked;
      if (looked > STRIDE) {
        yield;
        looked = 0;
      }
      if (!found.token) {
        i += (text.codePointAt(i) as number) > 0xffff ? 2 : 1;
        continue;
      }
      const { token, end } = found;
      const begin = i;
      i = end;
      if (token.singleWord && (isWord(lastCharacter(text, begin)) || isWord(firstCharacter(text, end)))) continue;
      let [from, to] = [begin, end];
      if (token.lstrip) while (from > done && isSpace(text.charAt(from - 1))) from--;
      if (token.rstrip) while (to < text.length && isSpace(text.charAt(to))) to++;
      // What the token before took with its white space is no longer here.
      rest(Math.max(from, done));
      sections.push(token.id);
      done = Math.max(to, done);
    }
    rest(text.length);
    return sections;
  }

  #longestAt(text: string, begin: number): { token: AddedToken | null; end: number; looked: number } {
    let node: Branch | undefined = this.#root;
    let token: AddedToken | null = null;
    let end = begin;
    let looked = 1;
    for (let i = begin; i < text.length; looked++) {
      const character = firstCharacter(text, i);
      node = node.next.get(character);
      if (!node) break;
      i += character.length;
      if (node.token) [token, end] = [node.token, i];
    }
    return { token, end, looked };
  }
}

function firstCharacter(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at) as number) : '';
}

function lastCharacter(text: string, end: number): string {
  return [...text.slice(Math.max(0, end - 2), end)].at(-1) ?? '';
}

/** As the reference implementation's own engine knows words: joiners count. */
const isWord = (character: string) => /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u.test(character);

/** All white space lies below U+FFFF. */
const isSpace = (character: string) => /^\p{White_Space}$/u.test(character);
