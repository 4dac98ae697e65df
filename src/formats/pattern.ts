/**
 * Patterns of a tokenizer.json: a plain text, or a regular expression of untrusted origin that a backtracking engine will run over
 * megabytes. One that can take exponential time is refused: a repeated group that itself holds an unbounded repetition, like (a+)+. Published
 * tokenizers have none. (Polynomial time remains possible; tokenizers run in the worker, which can be stopped.)
 */
import { refuse } from './bytePairModel';
import { MAX_PATTERN_LENGTH } from './limits';
import { describe, isObject, type JsonObject } from './strictJson';

/** `{String}` or `{Regex}`, checked; `where` is its path in the file. */
export function checkPattern(pattern: unknown, where: string): JsonObject {
  const given = isObject(pattern) ? (pattern.Regex ?? pattern.String) : undefined;
  if (!isObject(pattern) || typeof given !== 'string' || given === '' || given.length > MAX_PATTERN_LENGTH) {
    throw refuse(
      `${where} is ${describe(pattern)}, neither {String} nor {Regex} of 1 to ${MAX_PATTERN_LENGTH} characters`,
    );
  }
  if (typeof pattern.Regex !== 'string') return { String: given };
  if (hasNestedRepetition(given)) {
    throw refuse(
      `${where} repeats a group that repeats inside, ${describe(given)}, and may take for ever`,
      'unsupported-tokenizer',
    );
  }
  return { Regex: given };
}

/** Whether a group that holds an unbounded repetition is itself repeated more than once. Character classes and escapes are skipped. */
export function hasNestedRepetition(regex: string): boolean {
  // For each open group: does it hold an unbounded repetition?
  const open: boolean[] = [false];
  let closed = false;
  let depthOfClass = 0;
  for (let i = 0; i < regex.length; i++) {
    const character = regex[i] as string;
    const repetition = depthOfClass === 0 ? repetitionAt(regex, i) : null;
    if (character === '\\') {
      i++;
      closed = false;
    } else if (character === '[') {
      depthOfClass++;
      closed = false;
    } else if (depthOfClass > 0) {
      if (character === ']') depthOfClass--;
    } else if (character === '(') {
      open.push(false);
      closed = false;
    } else if (character === ')') {
      const inner = open.length > 1 ? (open.pop() as boolean) : false;
      closed = inner;
      if (inner) open[open.length - 1] = true;
    } else if (repetition) {
      if (closed && repetition.most > 1) return true;
      if (repetition.most === Infinity) open[open.length - 1] = true;
      i += repetition.length - 1;
    } else {
      closed = false;
    }
  }
  return false;
}

function repetitionAt(regex: string, i: number): { readonly most: number; readonly length: number } | null {
  const character = regex[i];
  if (character === '*' || character === '+') return { most: Infinity, length: 1 };
  if (character === '?') return { most: 1, length: 1 };
  const braces = character === '{' ? /^\{(\d*)(,?)(\d*)\}/.exec(regex.slice(i, i + 32)) : null;
  if (!braces) return null;
  const [whole, least, comma, most] = braces as unknown as [string, string, string, string];
  const bound = comma === '' ? Number(least) : most === '' ? Infinity : Number(most);
  // {1,1000} of a group with alternatives costs as much as *; the largest bound in use is 3.
  return { most: bound > 64 ? Infinity : bound, length: whole.length };
}
