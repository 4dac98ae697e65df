/**
 * Which experts tokens go to, in full precision and in a point: what full precision chose is kept, and of a point is told for every token in
 * which of the blocks that choose it goes to other experts. The order of the experts does not matter.
 */
import { present } from '../util/assert';

/** Expert numbers are below 256. */
type Choices = Uint8Array;

export class Routes {
  /** Of full precision, by group of windows and block. */
  readonly #kept = new Map<string, Choices>();
  /** Of a point, by group: for every block that chooses 1 where a token goes to others. */
  readonly #changes = new Map<number, Map<number, Uint8Array>>();

  /** Before a group goes through the blocks: what an attempt that failed has left of it is forgotten. */
  begin(group: number): void {
    this.#changes.delete(group);
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
    const changed = new Uint8Array(choice.length / count);
    for (let token = 0; token < changed.length; token++) {
      for (let i = token * count; i < (token + 1) * count; i++) {
        if (sorted[i] === kept[i]) continue;
        changed[token] = 1;
        break;
      }
    }
    const changes = this.#changes.get(group) ?? new Map<number, Uint8Array>();
    this.#changes.set(group, changes.set(block, changed));
  }

  /** Of a point, for every block that chooses and every token of the group, and forgotten; null where nothing chooses. */
  take(group: number): ReadonlyMap<number, Uint8Array> | null {
    const changes = this.#changes.get(group) ?? null;
    this.begin(group);
    return changes;
  }
}

/** Each row ascending. */
function sortedRows(choice: Uint32Array, count: number): Choices {
  const sorted = Uint8Array.from(choice);
  for (let at = 0; at < sorted.length; at += count) sorted.subarray(at, at + count).sort();
  return sorted;
}
