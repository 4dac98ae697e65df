/**
 * Sets of characters as a pattern names them: single ones, ranges, \p{…}, \s \d \w \h, and classes of these. A set is asked by code point;
 * the platform's own tables answer for Unicode. Meanings are Oniguruma's, which the reference implementation uses: \s is White_Space
 * (with U+0085, without U+FEFF), \d is Nd, \w is Alphabetic, M, Nd and Pc.
 */

export type Characters = (point: number) => boolean;

export const except =
  (set: Characters): Characters =>
  (point) =>
    !set(point);

export const anyOf =
  (sets: readonly Characters[]): Characters =>
  (point) =>
    sets.some((set) => set(point));

export const allOf =
  (sets: readonly Characters[]): Characters =>
  (point) =>
    sets.every((set) => set(point));

export const range =
  (first: number, last: number): Characters =>
  (point) =>
    first <= point && point <= last;

/** Of one class: asked once per character and pattern, so a regular expression of one character is fast enough. */
const tested = (source: string): Characters => {
  const one = new RegExp(`^${source}$`, 'u');
  return (point) => one.test(String.fromCodePoint(point));
};

/** \p{name}: a category, a binary property or a script; null when Unicode has none of that name. */
export function property(name: string): Characters | null {
  if (!/^\w{1,64}$/.test(name)) return null;
  for (const source of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      return tested(source);
    } catch {
      // Not of this kind.
    }
  }
  return null;
}

const word = tested('[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]');
const space = tested('\\p{White_Space}');
const digit = tested('\\p{Nd}');
const hexadecimal = tested('[0-9A-Fa-f]');

/** Sets that are named by one letter after a backslash. */
export const shorthands: Readonly<Record<string, Characters>> = {
  w: word,
  W: except(word),
  s: space,
  S: except(space),
  d: digit,
  D: except(digit),
  h: hexadecimal,
  H: except(hexadecimal),
};

/** A set that does not tell upper from lower case. */
export function ignoringCase(set: Characters): Characters {
  return (point) => {
    const character = String.fromCodePoint(point);
    const upper = character.toUpperCase();
    const variants = [character, character.toLowerCase(), upper, upper.toLowerCase()];
    return variants.some((variant) => {
      const [only = '', ...more] = variant;
      return more.length === 0 && set(only.codePointAt(0) as number);
    });
  };
}
