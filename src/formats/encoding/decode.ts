/** From tokens back to text: steps that rewrite the list of tokens, whose last is joined. */
import { joinByteTokens } from '../byteFallback';
import { fromByteCharacters } from './byteLevel';
import { replace } from './normalize';
import type { Pattern } from './pattern';

export type Decode = (tokens: readonly string[]) => readonly string[];

export const decodeBytes: Decode = (tokens) => [fromByteCharacters(tokens)];
export const decodeByteTokens: Decode = joinByteTokens;
export const fuse: Decode = (tokens) => [tokens.join('')];

export function decodeReplacing(pattern: Pattern, content: string): Decode {
  const change = replace(pattern, content);
  return (tokens) => tokens.map(change);
}

/** Marks as spaces; those of the first token vanish, unless none was put there. */
export const decodeMetaspace =
  (mark: string, scheme: string): Decode =>
  (tokens) =>
    tokens.map((token, i) => token.replaceAll(mark, i === 0 && scheme !== 'never' ? '' : ' '));

/** Takes up to `start` leading and `stop` trailing characters `content` off every token. */
export const strip =
  (content: string, start: number, stop: number): Decode =>
  (tokens) =>
    tokens.map((token) => {
      const characters = [...token];
      let begin = 0;
      while (begin < start && begin < characters.length && characters[begin] === content) begin++;
      let end = characters.length;
      while (characters.length - end < stop && end > begin && characters[end - 1] === content) end--;
      return characters.slice(begin, end).join('');
    });
