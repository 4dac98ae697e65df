/**
 * Byte-pair encoding (Sennrich et al., 2016): the characters of a piece, of which the pair whose merge comes first in the list is joined,
 * the leftmost first, until none is left. Characters outside the vocabulary become bytes, the unknown token or nothing, in the order in
 * which the reference implementation emits them. Works in steps, because one piece may be a whole document.
 */
import type { BytePairModel } from '../bytePairModel';
import { createCut, type Cut } from '../cutPieces';

/** Merges, or characters, between two chances to stop: some milliseconds. */
const STRIDE = 1 << 13;
/** Pieces up to this length are remembered whole. */
const WORD = 64;
/** Remembered pieces: some megabytes. English prose has about 20 000 different words in a million. */
const MAX_REMEMBERED = 1 << 15;

const encoder = new TextEncoder();

export class BytePairs {
  readonly #vocabulary: ReadonlyMap<string, number>;
  /** left · size + right → index of the merge. */
  readonly #ranks = new Map<number, number>();
  /** Index of a merge → id of what it makes. */
  readonly #products: Uint32Array;
  readonly #size: number;
  readonly #unknown: number | null;
  readonly #fuseUnknown: boolean;
  readonly #bytes: readonly (number | undefined)[] | null;
  readonly #wholeFirst: boolean;
  readonly #cut: Cut;
  readonly #remembered = new Map<string, Uint32Array>();

  constructor({ json, merges, size, vocabulary, ids }: BytePairModel) {
    this.#vocabulary = vocabulary;
    this.#size = size;
    this.#products = new Uint32Array(merges.length);
    for (const [rank, [left, right]] of merges.entries()) {
      this.#ranks.set((ids.get(left) as number) * size + (ids.get(right) as number), rank);
      this.#products[rank] = ids.get(left + right) as number;
    }
    this.#unknown = typeof json.unk_token === 'string' ? (ids.get(json.unk_token) as number) : null;
    this.#fuseUnknown = json.fuse_unk === true;
    this.#bytes =
      json.byte_fallback === true
        ? Array.from({ length: 256 }, (_, byte) =>
            vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
          )
        : null;
    this.#wholeFirst = json.ignore_merges === true;
    this.#cut = createCut(merges, vocabulary);
  }

  /** Appends the ids of `piece` to `ids`. */
  *encode(piece: string, ids: number[]): Generator<undefined, void> {
    if (piece === '') return;
    const known = this.#remembered.get(piece);
    if (known) {
      for (const id of known) ids.push(id);
      return;
    }
    const whole = this.#wholeFirst ? this.#vocabulary.get(piece) : undefined;
    if (whole !== undefined) {
      ids.push(whole);
    } else if (piece.length <= WORD) {
      const start = ids.length;
      yield* this.#merge(yield* this.#symbols(piece), ids);
      this.#remember(piece, ids.slice(start));
    } else {
      const parts = yield* this.#cut(piece);
      if (parts.length === 1) yield* this.#merge(yield* this.#symbols(piece), ids);
      else {
        for (const [i, part] of parts.entries()) {
          if (i % STRIDE === STRIDE - 1) yield;
          yield* this.#encodePart(part, ids);
        }
      }
    }
  }

  /** A part of a piece that was cut: as a piece, but never looked up whole. */
  *#encodePart(part: string, ids: number[]): Generator<undefined, void> {
    const known = this.#wholeFirst ? undefined : this.#remembered.get(part);
    if (known) {
      for (const id of known) ids.push(id);
      return;
    }
    const start = ids.length;
    yield* this.#merge(yield* this.#symbols(part), ids);
    if (!this.#wholeFirst && part.length <= WORD) this.#remember(part, ids.slice(start));
  }

  #remember(piece: string, ids: readonly number[]): void {
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(piece, Uint32Array.from(ids));
  }

  /** Ids of the characters, before any merge. */
  *#symbols(piece: string): Generator<undefined, number[]> {
    const symbols: number[] = [];
    // How many unknown tokens wait: they come out before the next character of the vocabulary, as in the reference implementation.
    let waiting = 0;
    let count = 0;
    const emitWaiting = () => {
      for (; waiting > 0; waiting--) symbols.push(this.#unknown as number);
    };
    for (const character of piece) {
      if (++count % (8 * STRIDE) === 0) yield;
      const id = this.#vocabulary.get(character);
      if (id !== undefined) {
        emitWaiting();
        symbols.push(id);
        continue;
      }
      const bytes = this.#bytes && Array.from(encoder.encode(character), (byte) => this.#bytes?.[byte]);
      if (bytes && !bytes.includes(undefined)) {
        symbols.push(...(bytes as number[]));
      } else if (this.#unknown !== null) {
        if (waiting > 0 && !this.#fuseUnknown) emitWaiting();
        waiting = 1;
      }
    }
    emitWaiting();
    return symbols;
  }

  /** Merges the symbols, a doubly linked list in arrays, and appends what is left to `ids`. */
  *#merge(symbols: number[], ids: number[]): Generator<undefined, void> {
    const { length } = symbols;
    const next = new Int32Array(length);
    const previous = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      if (i % (8 * STRIDE) === 8 * STRIDE - 1) yield;
    }
    // Rank and position in one number: the smallest merge, and of equal ones the leftmost, comes first.
    const queue = new Queue();
    const rankAt = (i: number): number | undefined => {
      const right = next[i] as number;
      if (right >= length) return undefined;
      return this.#ranks.get((symbols[i] as number) * this.#size + (symbols[right] as number));
    };
    const offer = (i: number) => {
      const rank = rankAt(i);
      if (rank !== undefined) queue.push(rank * POSITIONS + i);
    };
    for (let i = 0; i < length; i++) {
      offer(i);
      if (i % STRIDE === STRIDE - 1) yield;
    }
    for (let steps = 1; queue.size > 0; steps++) {
      if (steps % STRIDE === 0) yield;
      const top = queue.pop();
      const i = top % POSITIONS;
      const rank = (top - i) / POSITIONS;
      // An entry whose symbols were merged otherwise since is out of date.
      if (symbols[i] === MERGED || rankAt(i) !== rank) continue;
      const right = next[i] as number;
      const after = next[right] as number;
      symbols[i] = this.#products[rank] as number;
      symbols[right] = MERGED;
      next[i] = after;
      if (after < length) previous[after] = i;
      if (i > 0) offer(previous[i] as number);
      offer(i);
    }
    for (let i = 0, count = 1; i < length; i = next[i] as number, count++) {
      ids.push(symbols[i] as number);
      if (count % (8 * STRIDE) === 0) yield;
    }
  }
}

/** In place of a symbol that became part of its left neighbour. */
const MERGED = -1;
/** More than the positions of any text. */
const POSITIONS = 2 ** 27;

/** A binary heap of numbers, the smallest on top. */
class Queue {
  readonly #heap: number[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(value: number): void {
    const heap = this.#heap;
    let i = heap.push(value) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as number;
      if (above <= value) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = value;
  }

  /** The smallest value; there must be one. */
  pop(): number {
    const heap = this.#heap;
    const top = heap[0] as number;
    const last = heap.pop() as number;
    const { length } = heap;
    if (length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= last) break;
      heap[i] = heap[child] as number;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
