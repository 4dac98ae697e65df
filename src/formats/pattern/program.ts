/**
 * A pattern's tree as a program: nodes that take a character, choose, look ahead or stop. Lookaheads are programs of their own, before the
 * node that asks for them, so that nodes can be judged in the order in which they stand.
 */
import type { Characters } from './characters';
import { type Tree, UnreadPattern } from './parsePattern';

export type Node =
  | { readonly kind: 'take'; readonly set: number; readonly next: number }
  /** `first` is tried before `second`. */
  | { readonly kind: 'choose'; readonly first: number; second: number }
  | { readonly kind: 'look'; readonly start: number; readonly negative: boolean; readonly next: number }
  | { readonly kind: 'end'; readonly next: number }
  | { readonly kind: 'stop' };

export interface Program {
  readonly nodes: readonly Node[];
  readonly start: number;
  readonly sets: readonly Characters[];
  /** Ends (exclusive) of the lookaheads' nodes, the innermost first, then of all. */
  readonly strata: readonly number[];
}

/** Published patterns take some hundred nodes; each costs time and memory per character class. */
const MAX_NODES = 4096;

export function compile(tree: Tree): Program {
  const nodes: Node[] = [];
  const sets: Characters[] = [];
  const strata: number[] = [];
  const known = new Map<Characters, number>();
  // A lookahead that is repeated is compiled once.
  const looks = new Map<Tree, number>();

  const add = (node: Node): number => {
    if (nodes.length >= MAX_NODES) throw new UnreadPattern(`more than ${MAX_NODES} parts`);
    return nodes.push(node) - 1;
  };

  /** Emits the lookaheads inside `item`; afterwards nodes of `item` itself stand together. */
  function emitLooks(item: Tree): void {
    if (item.kind === 'sequence' || item.kind === 'choice') item.items.forEach(emitLooks);
    else if (item.kind === 'repeat') emitLooks(item.item);
    else if (item.kind === 'look') {
      emitLooks(item.item);
      looks.set(item, emit(item.item, add({ kind: 'stop' })));
      strata.push(nodes.length);
    }
  }

  /** Nodes for `item` before the node `next`; returns where they begin. */
  function emit(item: Tree, next: number): number {
    switch (item.kind) {
      case 'one': {
        const set = known.get(item.of) ?? sets.push(item.of) - 1;
        known.set(item.of, set);
        return add({ kind: 'take', set, next });
      }
      case 'sequence':
        return item.items.reduceRight((after, part) => emit(part, after), next);
      case 'choice':
        return item.items
          .map((part) => emit(part, next))
          .reduceRight((second, first) => add({ kind: 'choose', first, second }));
      case 'look':
        return add({ kind: 'look', start: looks.get(item) as number, negative: item.negative, next });
      case 'end':
        return add({ kind: 'end', next });
      case 'repeat':
        return emitRepeat(item, next);
    }
  }

  function emitRepeat({ item, least, most, greedy }: Extract<Tree, { kind: 'repeat' }>, next: number): number {
    const choose = (body: number, exit: number): Node =>
      greedy ? { kind: 'choose', first: body, second: exit } : { kind: 'choose', first: exit, second: body };
    let start = next;
    if (most === Infinity) {
      // The loop's node comes before its body is known.
      const loop = add({ kind: 'stop' });
      nodes[loop] = choose(emit(item, loop), next);
      start = loop;
    } else {
      for (let i = least; i < most; i++) start = add(choose(emit(item, start), next));
    }
    for (let i = 0; i < least; i++) start = emit(item, start);
    return start;
  }

  emitLooks(tree);
  const start = emit(tree, add({ kind: 'stop' }));
  strata.push(nodes.length);
  return { nodes, start, sets, strata };
}
