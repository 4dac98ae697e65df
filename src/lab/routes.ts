/**
 * Which experts tokens go to, in full precision and in a point: what full precision chose is kept, and of a point is told for every token in
 * what share of the layers that choose it goes to other experts. The order of the experts does not matter.
 */
import { present } from '../util/assert';

/** Expert numbers are below 256. */
type Choices = Uint8Array;

export class Routes {
  /** Of full precision, by group of windows and block. */
  readonly #kept = new Map<string, Choices>();
  readonly #changes = new Map<number, Uint32Array>();
  readonly #layers = new Map<number, number>();

  /** Before a group goes through the blocks: what an attempt that failed has left of it is forgotten. */
  begin(group: number): void {
    this.#changes.delete(group);
    this.#layers.delete(group);
  }

  /** `of`: whose choice it is. choice [tokens, count], row by row. */
  note(of: 'reference' | 'point', group: number, block: number, choice: Uint32Array, count: number): void {
    const place = `${group} ${block}`;
    const sorted = sortedRows(choice, count);
    if (of === 'reference') {
      this.#kept.set(place, sorted);
      return;
    }
    const kept = present(this.#kept.get(place), `what full precision chose in block ${block}`);
    const changes = this.#changes.get(group) ?? new Uint32Array(choice.length / count);
    this.#changes.set(group, changes);
    this.#layers.set(group, (this.#layers.get(group) ?? 0) + 1);
    for (let token = 0; token < changes.length; token++) {
      for (let i = token * count; i < (token + 1) * count; i++) {
        if (sorted[i] === kept[i]) continue;
        changes[token] = (changes[token] as number) + 1;
        break;
      }
    }
  }

  /** Of a point, for every token of the group, and forgotten; null where nothing chooses. */
  take(group: number): Float32Array | null {
    const changes = this.#changes.get(group);
    const layers = this.#layers.get(group);
    this.begin(group);
    return changes && layers ? Float32Array.from(changes, (count) => count / layers) : null;
  }
}

/** Each row ascending. */
function sortedRows(choice: Uint32Array, count: number): Choices {
  const sorted = Uint8Array.from(choice);
  for (let at = 0; at < sorted.length; at += count) sorted.subarray(at, at + count).sort();
  return sorted;
}
