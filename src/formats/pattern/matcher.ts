/**
 * Finds the matches of a pattern in time linear in the text, exactly as a backtracking engine would (leftmost, then by the order of
 * alternatives). From right to left it learns of every position which nodes can still reach the end of a match; from left to right it then
 * takes, at each choice, the first that can: it never has to go back. (Frisch and Cardelli, Greedy regular expression matching, 2004.)
 *
 * What is learned at a position depends only on the character there and on what was learned behind it, so each such step is worked out
 * once and remembered: a deterministic automaton that is built as far as the text needs it.
 */
import { mayBeEmpty, parsePattern, UnreadPattern } from './parsePattern';
import { compile, type Program } from './program';

export { UnreadPattern } from './parsePattern';

/** Matches from left to right, as UTF-16 positions: begin, end, begin, end, … */
export type Matches = readonly number[];

/** Distinct steps remembered; published patterns make some hundred. A pattern that needs more is refused while it works. */
const MAX_SITUATIONS = 4096;
/** Positions between two chances to stop. */
const STRIDE = 1 << 15;

/** What can still match from a position: a flag per node, and the situations one character further to the left. */
interface Situation {
  readonly viable: Uint8Array;
  readonly before: Map<number, number>;
}

export class Matcher {
  readonly #program: Program;
  readonly #situations: Situation[] = [];
  readonly #ids = new Map<string, number>();
  /** Class + 1 of the characters up to U+FFFF; 0 where it is not known yet. */
  readonly #classes = new Uint16Array(0x10000);
  readonly #further = new Map<number, number>();
  /** Which sets hold the characters of a class. */
  readonly #members: Uint8Array[] = [];
  readonly #memberIds = new Map<string, number>();
  /** Positions visited and nodes judged so far: what matching has cost, whatever the machine. */
  work = 0;
  /** Whether it can match an empty text. */
  readonly mayBeEmpty: boolean;

  /** UnreadPattern when the pattern cannot be read, or not in linear time. */
  constructor(source: string) {
    const tree = parsePattern(source);
    this.#program = compile(tree);
    this.mayBeEmpty = mayBeEmpty(tree);
    // Situation 0: the end of the text.
    this.#enter(this.#judge(null, null));
  }

  /** All matches from left to right. Yields now and then; UnreadPattern when the text shows that the pattern needs too much memory. */
  *find(text: string): Generator<undefined, Matches> {
    const at = new Uint16Array(text.length + 1);
    let situation = 0;
    let next = text.length - STRIDE;
    for (let i = text.length; i > 0;) {
      i = startOfCharacter(text, i);
      situation = this.#stepBack(situation, text.codePointAt(i) as number);
      at[i] = situation;
      if (i <= next) {
        yield;
        next = i - STRIDE;
      }
    }
    this.work += text.length;
    const matches: number[] = [];
    const { start } = this.#program;
    for (let i = 0; i <= text.length;) {
      if (this.#situations[at[i] as number]?.viable[start]) {
        const end = this.#follow(text, at, i);
        // Nothing is no match where one has just ended.
        if (end > i || i !== matches.at(-1)) matches.push(i, end);
        if (matches.length % STRIDE === 0) yield;
        if (end > i) {
          i = end;
          continue;
        }
      }
      i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
    }
    return matches;
  }

  /** The end of the match that begins at `begin`, where one is known to begin. */
  #follow(text: string, at: Uint16Array, begin: number): number {
    const { nodes, start } = this.#program;
    let node = start;
    let i = begin;
    for (;;) {
      this.work++;
      const { viable } = this.#situations[at[i] as number] as Situation;
      const now = nodes[node] as (typeof nodes)[number];
      switch (now.kind) {
        case 'choose':
          node = viable[now.first] ? now.first : now.second;
          break;
        case 'take':
          i += (text.codePointAt(i) as number) > 0xffff ? 2 : 1;
          node = now.next;
          break;
        case 'look':
        case 'end':
          node = now.next;
          break;
        case 'stop':
          return i;
      }
    }
  }

  /** The situation before the character `point`, behind which `situation` holds. */
  #stepBack(situation: number, point: number): number {
    const kind = this.#classOf(point);
    const behind = this.#situations[situation] as Situation;
    const known = behind.before.get(kind);
    if (known !== undefined) return known;
    const found = this.#enter(this.#judge(this.#members[kind] as Uint8Array, behind.viable));
    behind.before.set(kind, found);
    return found;
  }

  #enter(viable: Uint8Array): number {
    const key = String.fromCharCode(...viable);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#situations.length >= MAX_SITUATIONS) {
      throw new UnreadPattern(`more than ${MAX_SITUATIONS} states on this text`);
    }
    const id = this.#situations.push({ viable, before: new Map() }) - 1;
    this.#ids.set(key, id);
    return id;
  }

  /** Which nodes can reach the end of a match before a character that is in `sets`, given those behind it; null at the text's end. */
  #judge(sets: Uint8Array | null, behind: Uint8Array | null): Uint8Array {
    const { nodes, strata } = this.#program;
    const viable = new Uint8Array(nodes.length);
    const holds = (i: number): number => {
      const node = nodes[i] as (typeof nodes)[number];
      switch (node.kind) {
        case 'take':
          return sets && behind && sets[node.set] ? (behind[node.next] as number) : 0;
        case 'choose':
          return (viable[node.first] as number) | (viable[node.second] as number);
        case 'look':
          return viable[node.start] === Number(node.negative) ? 0 : (viable[node.next] as number);
        case 'end':
          return sets ? 0 : (viable[node.next] as number);
        case 'stop':
          return 1;
      }
    };
    let begin = 0;
    for (const end of strata) {
      // Nodes stand behind those they lead to, except the start of a loop: once more settles it.
      for (let changed = true; changed;) {
        changed = false;
        for (let i = begin; i < end; i++) {
          if (!viable[i] && holds(i)) {
            viable[i] = 1;
            changed = true;
          }
        }
        this.work += end - begin;
      }
      begin = end;
    }
    return viable;
  }

  #classOf(point: number): number {
    const known = point < 0x10000 ? (this.#classes[point] as number) : (this.#further.get(point) ?? 0);
    if (known) return known - 1;
    const { sets } = this.#program;
    const members = Uint8Array.from(sets, (set) => Number(set(point)));
    const key = members.join('');
    let kind = this.#memberIds.get(key);
    if (kind === undefined) {
      kind = this.#members.push(members) - 1;
      this.#memberIds.set(key, kind);
    }
    if (point < 0x10000) this.#classes[point] = kind + 1;
    else this.#further.set(point, kind + 1);
    return kind;
  }
}

/** Where the character that ends at `end` begins. */
function startOfCharacter(text: string, end: number): number {
  const low = (text.charCodeAt(end - 1) & 0xfc00) === 0xdc00;
  return low && end > 1 && (text.charCodeAt(end - 2) & 0xfc00) === 0xd800 ? end - 2 : end - 1;
}
