/** What is sought in a text: a plain text, or a regular expression that is matched in linear time. */
import type { Matcher, Matches } from '../pattern/matcher';

export type Pattern =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'expression'; readonly matcher: Matcher };

/** All matches from left to right: begin, end, begin, end, … */
export function* findAll(pattern: Pattern, text: string): Generator<undefined, Matches> {
  if (pattern.kind === 'expression') return yield* pattern.matcher.find(text);
  const { length } = pattern.text;
  const matches: number[] = [];
  for (let i = text.indexOf(pattern.text); i >= 0; i = text.indexOf(pattern.text, i + length)) {
    matches.push(i, i + length);
  }
  return matches;
}
