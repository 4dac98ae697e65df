/**
 * Reads a pattern of a tokenizer.json (Oniguruma's syntax) into a tree. What is read can be matched in linear time, and with exactly the
 * meaning that a backtracking engine gives it: alternatives in order, greedy and lazy repetition, lookahead. Refused are back references,
 * lookbehind, anchors but the end, and optional repetitions of what may be empty. No published tokenizer needs them.
 */
import { allOf, anyOf, type Characters, except, ignoringCase, property, range, shorthands } from './characters';

export type Tree =
  | { readonly kind: 'one'; readonly of: Characters }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly Tree[] }
  | {
      readonly kind: 'repeat';
      readonly item: Tree;
      readonly least: number;
      readonly most: number;
      readonly greedy: boolean;
    }
  | { readonly kind: 'look'; readonly item: Tree; readonly negative: boolean }
  /** The end of the text. */
  | { readonly kind: 'end' };

/** What a pattern holds that is not read, in words that end a sentence. */
export class UnreadPattern extends Error {}

/** Groups inside groups and classes inside classes; published patterns have three. */
const MAX_NESTING = 64;
const MAX_BOUND = 1000;

const empty: Tree = { kind: 'sequence', items: [] };

export function parsePattern(source: string): Tree {
  const reader = new Reader([...source]);
  const tree = choice(reader, { ignoreCase: false, depth: 0 });
  if (!reader.done) throw new UnreadPattern(`a ")" that closes nothing`);
  return tree;
}

/** Whether it can match without taking a character. */
export function mayBeEmpty(tree: Tree): boolean {
  switch (tree.kind) {
    case 'one':
      return false;
    case 'sequence':
      return tree.items.every(mayBeEmpty);
    case 'choice':
      return tree.items.some(mayBeEmpty);
    case 'repeat':
      return tree.least === 0 || mayBeEmpty(tree.item);
    case 'look':
    case 'end':
      return true;
  }
}

interface State {
  readonly ignoreCase: boolean;
  readonly depth: number;
}

class Reader {
  at = 0;
  constructor(readonly characters: readonly string[]) {}

  get done(): boolean {
    return this.at >= this.characters.length;
  }
  /** The next character, or an empty text at the end. */
  get next(): string {
    return this.characters[this.at] ?? '';
  }
  take(): string {
    if (this.done) throw new UnreadPattern('an end in the middle');
    return this.characters[this.at++] as string;
  }
  /** Takes `text` where it comes next. */
  skip(text: string): boolean {
    const { length } = text;
    if (this.characters.slice(this.at, this.at + length).join('') !== text) return false;
    this.at += length;
    return true;
  }
  /** Takes what the sticky-like `shape` (beginning with ^) finds in the next characters. */
  match(shape: RegExp): RegExpExecArray | null {
    const found = shape.exec(this.characters.slice(this.at, this.at + 80).join(''));
    if (found) this.at += [...found[0]].length;
    return found;
  }
}

function choice(reader: Reader, state: State): Tree {
  if (state.depth > MAX_NESTING) throw new UnreadPattern(`groups nested deeper than ${MAX_NESTING}`);
  const items = [sequence(reader, state)];
  while (reader.skip('|')) items.push(sequence(reader, state));
  return items.length === 1 ? (items[0] as Tree) : { kind: 'choice', items };
}

function sequence(reader: Reader, state: State): Tree {
  const items: Tree[] = [];
  while (!reader.done && reader.next !== '|' && reader.next !== ')') items.push(repeated(reader, atom(reader, state)));
  return { kind: 'sequence', items };
}

function atom(reader: Reader, state: State): Tree {
  const character = reader.take();
  switch (character) {
    case '(':
      return group(reader, state);
    case '[':
      return { kind: 'one', of: characterClass(reader, state) };
    case '.':
      return { kind: 'one', of: (point) => point !== 0x0a };
    case '$':
      // The end of a line.
      return {
        kind: 'choice',
        items: [{ kind: 'look', item: { kind: 'one', of: range(0x0a, 0x0a) }, negative: false }, { kind: 'end' }],
      };
    case '^':
      throw new UnreadPattern('the anchor "^"');
    case '\\':
      if (reader.skip('z')) return { kind: 'end' };
      return { kind: 'one', of: escape(reader, state) };
    case '*':
    case '+':
    case '?':
      throw new UnreadPattern(`a "${character}" that repeats nothing`);
    default:
      return { kind: 'one', of: literal(character, state) };
  }
}

function literal(character: string, { ignoreCase }: State): Characters {
  const point = character.codePointAt(0) as number;
  return ignoreCase ? ignoringCase(range(point, point)) : range(point, point);
}

function group(reader: Reader, state: State): Tree {
  const inner = { ...state, depth: state.depth + 1 };
  let wrap = (item: Tree): Tree => item;
  let within = inner;
  if (reader.skip('?')) {
    if (reader.skip('i:')) within = { ...inner, ignoreCase: true };
    else if (reader.skip('=')) wrap = (item) => ({ kind: 'look', item, negative: false });
    else if (reader.skip('!')) wrap = (item) => ({ kind: 'look', item, negative: true });
    else if (!reader.skip(':') && !reader.match(/^<[A-Za-z_]\w*>/)) {
      throw new UnreadPattern(`a group that begins with "(?${reader.next}"`);
    }
  }
  const item = choice(reader, within);
  if (!reader.skip(')')) throw new UnreadPattern('a "(" that is not closed');
  return wrap(item);
}

function repeated(reader: Reader, item: Tree): Tree {
  let tree = item;
  for (let times = 0; ; times++) {
    const bounds = quantifier(reader);
    if (!bounds) return tree;
    // "{2}+" and "a**" repeat a repetition; real patterns have one.
    if (times > 0) throw new UnreadPattern('a repetition of a repetition');
    const [least, most, braces] = bounds;
    // Engines disagree on how often nothing is repeated.
    if (least < most && mayBeEmpty(tree)) throw new UnreadPattern('an optional repetition of what may be empty');
    if (reader.skip('?')) {
      if (braces && least === most) throw new UnreadPattern('a "?" after a fixed number of times');
      tree = { kind: 'repeat', item: tree, least, most, greedy: false };
    } else if (!braces && reader.skip('+')) {
      tree = possessive(tree, least, most);
    } else {
      tree = { kind: 'repeat', item: tree, least, most, greedy: true };
    }
  }
}

/** A possessive repetition of one character ends where no further one follows: the same as greedy and a look. */
function possessive(item: Tree, least: number, most: number): Tree {
  if (item.kind !== 'one') throw new UnreadPattern('a possessive repetition of more than one character');
  const run: Tree = { kind: 'repeat', item, least, most, greedy: true };
  const none: Tree = { kind: 'look', item, negative: true };
  if (most === Infinity) return { kind: 'sequence', items: [run, none] };
  return { kind: 'choice', items: [item, { kind: 'sequence', items: [none, empty] }] };
}

function quantifier(reader: Reader): readonly [least: number, most: number, braces: boolean] | null {
  if (reader.skip('*')) return [0, Infinity, false];
  if (reader.skip('+')) return [1, Infinity, false];
  if (reader.skip('?')) return [0, 1, false];
  const found = reader.match(/^\{(?:(\d+)(?:(,)(\d*))?|,(\d+))\}/);
  if (!found) return null;
  const [, first, comma, second, upTo] = found;
  const least = Number(first ?? 0);
  const most = upTo !== undefined ? Number(upTo) : !comma ? least : second ? Number(second) : Infinity;
  if (least > MAX_BOUND || (most !== Infinity && most > MAX_BOUND)) {
    throw new UnreadPattern(`a repetition of more than ${MAX_BOUND} times`);
  }
  if (least > most) throw new UnreadPattern(`a repetition of ${least} to ${most} times`);
  return [least, most, true];
}

/** What a backslash stands for, inside and outside of classes. */
function escape(reader: Reader, state: State): Characters {
  const braced = reader.match(/^([pP])\{(\^?)([^}]*)\}/);
  if (braced) {
    const [, letter, negation, name = ''] = braced;
    const set = property(name);
    if (!set) throw new UnreadPattern(`the property "${name}", which Unicode does not have,`);
    // Only sets that hold a letter in both of its cases mean the same where case is ignored.
    if (state.ignoreCase && /^(L[ult]|Upper|Lower|Title|Cased)/.test(name)) {
      throw new UnreadPattern(`\\p{${name}} where case is ignored`);
    }
    return (letter === 'P') !== (negation === '^') ? except(set) : set;
  }
  const numbered = reader.match(/^(?:x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/);
  if (numbered) {
    const point = parseInt((numbered[1] ?? numbered[2] ?? numbered[3]) as string, 16);
    if (point > 0x10ffff) throw new UnreadPattern(`the code point ${point}`);
    return literal(String.fromCodePoint(point), state);
  }
  const letter = reader.take();
  const set = Object.hasOwn(shorthands, letter) ? shorthands[letter] : undefined;
  if (set) return set;
  const control = Object.hasOwn(controls, letter) ? controls[letter] : undefined;
  if (control !== undefined) return range(control, control);
  if (/[0-9A-Za-z]/.test(letter)) throw new UnreadPattern(`"\\${letter}"`);
  return literal(letter, state);
}

const controls: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b, a: 0x07, e: 0x1b };

/** After "[": items, ranges, classes inside, and "&&" between what must all hold. */
function characterClass(reader: Reader, state: State): Characters {
  const inner = { ...state, depth: state.depth + 1 };
  if (inner.depth > MAX_NESTING) throw new UnreadPattern(`classes nested deeper than ${MAX_NESTING}`);
  const negative = reader.skip('^');
  const operands: Characters[] = [];
  let items: Characters[] = [];
  for (let first = true; ; first = false) {
    if (reader.done) throw new UnreadPattern('a "[" that is not closed');
    if (reader.next === ']' && !first) break;
    if (reader.skip('&&')) {
      operands.push(anyOf(items));
      items = [];
      continue;
    }
    if (reader.next === '[') {
      if (reader.match(/^\[:\^?[A-Za-z]+:\]/)) throw new UnreadPattern('a POSIX bracket');
      reader.take();
      items.push(characterClass(reader, inner));
      continue;
    }
    items.push(classItem(reader, state));
  }
  reader.take();
  if (items.length === 0) throw new UnreadPattern('an empty class');
  const set = allOf([...operands, anyOf(items)]);
  return negative ? except(set) : set;
}

/** A character, a range of them or an escape. */
function classItem(reader: Reader, state: State): Characters {
  const begin = classPoint(reader);
  if (begin === null) return escape(reader, state);
  const isRange = reader.next === '-' && ![']', ''].includes(reader.characters[reader.at + 1] ?? '');
  if (!isRange) return literal(String.fromCodePoint(begin), state);
  reader.take();
  const end = reader.skip('[') ? null : classPoint(reader);
  if (end === null) throw new UnreadPattern('a range that ends in a set');
  if (end < begin) throw new UnreadPattern('a range that ends before it begins');
  return state.ignoreCase ? ignoringCase(range(begin, end)) : range(begin, end);
}

/** The code point of a single character of a class; null, with the reader after the backslash, where a set is named. */
function classPoint(reader: Reader): number | null {
  const character = reader.take();
  if (character !== '\\') return character.codePointAt(0) as number;
  const numbered = reader.match(/^(?:x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/);
  if (numbered) {
    const point = parseInt((numbered[1] ?? numbered[2] ?? numbered[3]) as string, 16);
    if (point > 0x10ffff) throw new UnreadPattern(`the code point ${point}`);
    return point;
  }
  const letter = reader.next;
  const control = Object.hasOwn(controls, letter) ? controls[letter] : undefined;
  if (control === undefined && /[0-9A-Za-z]/.test(letter)) return null;
  reader.take();
  return control ?? (letter.codePointAt(0) as number);
}
