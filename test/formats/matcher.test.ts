/** Patterns from strangers: matched as a backtracking engine would, in work that grows with the text alone, or refused by name. */
import { describe, expect, it } from 'vitest';
import { drain } from '../../src/formats/encoding/drain';
import { Matcher, UnreadPattern } from '../../src/formats/pattern/matcher';
import { readPattern } from '../../src/formats/pattern/readPattern';
import { createRng } from '../../src/util/rng';
import { failureOf } from './files';

const find = (matcher: Matcher, text: string) => drain(matcher.find(text));

/** Take exponential or polynomial time in a backtracking engine, each on a text that shows it. */
const bombs: readonly (readonly [pattern: string, letter: string])[] = [
  ['(a|a)*b', 'a'],
  ['(?:a|ab|a)*c', 'ab'],
  ['(\\w|a)*!', 'a'],
  ['(a?){64}b', 'a'],
  ['(a?){20}b', 'a'],
  ['(?:(?:a|a)|b)*c', 'ab'],
  ['(x|[a-z])*-', 'x'],
  ['(?=(a|a)*b)c', 'a'],
  ['(?:\\p{L}|\\p{Ll})+\\d', 'a'],
  ['(?:\\p{L}|\\p{Ll}|\\s)+\\d', 'a '],
  ['(?:[^\\s]|\\w){1,}\\?', 'a'],
  ['((a|a))*b', 'a'],
  ['(?<x>a|a)*b', 'a'],
  ['(a+)+b', 'a'],
  ['(.+)+x', 'a'],
  ['a*a*a*b', 'a'],
  ['\\s+$', ' '],
  ['(?:a*b)?a', 'a'],
  ['(?:aa?)+(?!a|b)c', 'a'],
];
/** Repeat what may be empty. */
const empties = ['(a?a?)*b', '(a{0,64})*b', '(a*)*b', '(|a)+', '(?:a|b*)+c', '((?=a))*', '(?:a*?){1,3}', '(?:a?)?'];

describe('hostile patterns', () => {
  it.each(bombs)('%s takes work in proportion to the text', (pattern, letter) => {
    const work = (length: number) => {
      const matcher = new Matcher(pattern);
      find(matcher, `x${letter.repeat(length)}`);
      return matcher.work;
    };
    // Twice the text is at most twice the work; what remains is the automaton, which is built once.
    const [once, twice] = [work(20_000), work(40_000)];
    expect(twice).toBeLessThanOrEqual(2 * once);
    expect(twice).toBeLessThan(4 * 2 * 40_000 + 2e6);
  });

  it.each(empties)('%s is refused', (pattern) => {
    expect(() => new Matcher(pattern)).toThrow('an optional repetition of what may be empty');
  });

  it.each([
    ['((((a{64}){64}){64}){64})', 'more than 4096 parts'],
    ['a{2000}', 'more than 1000 times'],
    ['('.repeat(100) + ')'.repeat(100), 'nested deeper'],
    ['(a)\\1', '"\\1"'],
    ['(?<=a)b', 'begins with "(?<"'],
    ['(?>a)', 'begins with "(?>"'],
    ['^a', 'anchor'],
    ['\\bword', '"\\b"'],
    ['(ab)++', 'possessive'],
    ['[[:alpha:]]', 'POSIX'],
    ['\\p{Nonsense}', '"Nonsense"'],
    ['[b-a]', 'ends before it begins'],
    ['[a', 'not closed'],
    ['(a', 'not closed'],
    ['a)', 'closes nothing'],
    ['*a', 'repeats nothing'],
    ['a**', 'repetition of a repetition'],
    ['\\', 'an end in the middle'],
  ])('%s is refused by name', async (pattern, words) => {
    const error = await failureOf(() => readPattern({ Regex: pattern }, 'pre_tokenizer.pattern'));
    expect(error).toMatchObject({ name: 'FormatError', code: 'unsupported-tokenizer' });
    expect(error.message).toContain(words);
  });

  it('refuses a pattern whose automaton outgrows its memory, while it works', () => {
    // Of the last 14 letters each may have been the one: 2^14 states, seen from the right.
    const rng = createRng(5);
    const text = Array.from({ length: 200_000 }, () => (rng.integer(2) ? 'a' : 'b')).join('');
    const matcher = new Matcher('(?=(a|b)*c)(?:(?:a|b){14}a)+');
    const other = new Matcher('(?:a|b)*?(?:a(?:a|b){13})$');
    expect([matcher, other].some((one) => throws(() => find(one, text)))).toBe(true);
  });

  it('offers to stop every few thousand characters', () => {
    let steps = 0;
    const search = new Matcher('a+').find('a'.repeat(1_000_000));
    while (!search.next().done) steps++;
    expect(steps).toBeGreaterThanOrEqual(30);
  });
});

function throws(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof UnreadPattern) return true;
    throw error;
  }
}

describe('matches', () => {
  /** Expressions over a few letters, without what either engine reads in its own way. */
  const expressionOf = (rng: ReturnType<typeof createRng>, depth: number): string => {
    const inner = () => expressionOf(rng, depth - 1);
    switch (depth === 0 ? rng.integer(3) : rng.integer(9)) {
      case 0:
        return 'a';
      case 1:
        return 'b';
      case 2:
        return ['[ab]', '[^a]', '.', 'c'][rng.integer(4)] as string;
      case 3:
      case 4:
        return inner() + inner();
      case 5:
        return `(?:${inner()}|${inner()})`;
      case 6:
        return `(?:${inner()})${['?', '*', '+', '{1,3}', '??', '*?', '+?', '{2}'][rng.integer(8)] as string}`;
      case 7:
        return `(?${rng.integer(2) ? '=' : '!'}${inner()})`;
      default:
        return `${inner()}$`;
    }
  };

  it('are those of a backtracking engine, for 3 000 random expressions', () => {
    let compared = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const rng = createRng(seed);
      const source = expressionOf(rng, 4);
      const text = Array.from({ length: 14 }, () => 'abc'[rng.integer(3)]).join('');
      let matcher: Matcher;
      try {
        matcher = new Matcher(source);
      } catch (error) {
        expect(error, source).toBeInstanceOf(UnreadPattern);
        continue;
      }
      const expected = [...text.matchAll(new RegExp(source, 'gu'))].map(({ 0: { length }, index }) => [
        index,
        index + length,
      ]);
      // An empty match right after another is none here.
      const kept = expected.filter(([begin, end], i) => begin !== end || expected[i - 1]?.[1] !== begin);
      expect(find(matcher, text), `${source} on ${text}`).toEqual(kept.flat());
      compared++;
    }
    expect(compared).toBeGreaterThan(2000);
  });

  it('keep the halves of a pair together, and know a half alone', () => {
    expect(find(new Matcher('.'), '🔥a\ud83d')).toEqual([0, 2, 2, 3, 3, 4]);
    expect(find(new Matcher('[🐈-🔥]+'), 'x🐈🔥x')).toEqual([1, 5]);
  });

  it('know letters in both cases where case is ignored', () => {
    expect(find(new Matcher("(?i:'s)"), "'s'S'ſ'z")).toEqual([0, 2, 2, 4, 4, 6]);
    expect(find(new Matcher('(?i:[a-c])x'), 'AxBxDx')).toEqual([0, 2, 2, 4]);
  });
});
