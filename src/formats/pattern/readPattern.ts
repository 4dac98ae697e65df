/**
 * Patterns of a tokenizer.json, which come from strangers and run over megabytes: a plain text, or a regular expression. Expressions are
 * matched in time linear in the text (matcher.ts), whatever they say; what cannot be is refused by name.
 */
import type { FormatError } from '../../util/errors';
import { refuse } from '../bytePairModel';
import type { Pattern } from '../encoding/pattern';
import { MAX_PATTERN_LENGTH } from '../limits';
import { describe, isObject } from '../strictJson';
import { Matcher, UnreadPattern } from './matcher';

/** `{String}` or `{Regex}`, checked; `where` is its path in the file. */
export function readPattern(pattern: unknown, where: string): Pattern {
  const given = isObject(pattern) ? (pattern.Regex ?? pattern.String) : undefined;
  if (!isObject(pattern) || typeof given !== 'string' || given === '' || given.length > MAX_PATTERN_LENGTH) {
    throw refuse(
      `${where} is ${describe(pattern)}, neither {String} nor {Regex} of 1 to ${MAX_PATTERN_LENGTH} characters`,
    );
  }
  if (typeof pattern.Regex !== 'string') return { kind: 'text', text: given };
  try {
    return { kind: 'expression', matcher: new Matcher(given) };
  } catch (error) {
    throw asRefusal(error, `${where} is the expression ${describe(given)} with`);
  }
}

/** An UnreadPattern as a FormatError; any other error as it is. `before` begins the sentence that it ends. */
export function asRefusal(error: unknown, before: string): unknown {
  if (!(error instanceof UnreadPattern)) return error;
  const refusal: FormatError = refuse(
    `${before} ${error.message}, which is not read: it could not be matched in linear time, or differently than its author saw it`,
    'unsupported-tokenizer',
  );
  return refusal;
}
