/**
 * Experts of a block that are opened when they are asked for. The first ones that fit some room stay as long as the block, the others are
 * opened for one use: every batch asks for all in the same order, so that one let go for another would be asked for before that one is again.
 */
import type { Scope } from '../gpu/buffers';
import type { Matrix } from '../tensor/matrix';

/** Weights of one expert, by layer. `scope` owns them unless they stay. */
export type OpenExpert = (expert: number, scope: Scope) => Promise<ReadonlyMap<string, Matrix>>;

/** `home` owns those that stay, at most `room` bytes; `bytesOf` tells what one takes. */
export function stayingExperts(
  home: Scope,
  room: number,
  bytesOf: (expert: number) => number,
  open: OpenExpert,
): OpenExpert {
  const staying = new Map<number, ReturnType<OpenExpert>>();
  let left = room;
  return (expert, scope) => {
    const known = staying.get(expert);
    if (known) return known;
    const bytes = bytesOf(expert);
    if (bytes > left) return open(expert, scope);
    left -= bytes;
    const opening = open(expert, home);
    staying.set(expert, opening);
    // What failed is tried again by the next that asks.
    opening.catch(() => staying.delete(expert));
    return opening;
  };
}
