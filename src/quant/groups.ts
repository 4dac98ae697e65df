/** Which columns share grid parameters, when columns have changed places and when they have not. */
import { view } from '../gpu/buffers';
import type { FactorCache } from './factorCache';
import type { Grid, GroupMap } from './problem';

/** Columns of a block of the walk (compensate.ts), which may reach into a group that begins in it. */
export const blockColumns = 128;

/** Columns of a group that methods can hold at once in a layer of so many inputs: with a block, they are one binding. */
export function mostColumnsPerGroup(cols: number, bindable: number): number {
  if (4 * cols * cols <= bindable) return Infinity;
  return Math.max(0, Math.floor(bindable / (4 * cols)) - blockColumns);
}

/** The map and, on the host, the parameter set of each column. */
export interface Grouping extends GroupMap {
  readonly columns: Uint32Array<ArrayBuffer>;
}

/**
 * The grid's groups of columns (one per row where its group is Infinity); a shorter last group is a group of its own.
 * dynamic: consecutive columns of the problem as it stands. static: consecutive columns of the original, wherever they are now.
 * `order[j]` is the original place of column j.
 */
export function groupColumns(
  cols: number,
  grid: Grid,
  kind: 'dynamic' | 'static',
  order: Uint32Array | undefined,
  factors: FactorCache,
): Promise<Grouping> {
  const { sets, setOf } = grid;
  const size = Math.min(grid.group, cols);
  const moved = kind === 'static' ? order : undefined;
  return factors.moment.remember(`${kind} groups of ${size} ${grid.shader}`, (scope) => {
    const columns = Uint32Array.from({ length: cols }, (_, j) => {
      const place = moved?.[j] ?? j;
      return Math.floor(place / size) * sets + setOf(place % size);
    });
    const position = moved ? invert(moved) : identity(cols);
    return {
      groups: Math.ceil(cols / size) * sets,
      size,
      columns,
      groupOf: view(scope.upload(columns, 'group of column'), 0, 4 * cols),
      position: view(scope.upload(position, 'column of group'), 0, 4 * cols),
    };
  });
}

export function identity(n: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: n }, (_, j) => j);
}

/** inverse[order[j]] = j. */
export function invert(order: Uint32Array): Uint32Array<ArrayBuffer> {
  const inverse = new Uint32Array(order.length);
  order.forEach((original, j) => (inverse[original] = j));
  return inverse;
}
