/** The runs that lie beside the shown one, in the order in which they were laid there. */
import type { ShelfRun } from '../store/runRecord';
import { useLabState } from './context';

export function useBeside(): readonly ShelfRun[] {
  return useLabState(({ shelf, beside }) => beside.flatMap((id) => shelf.find((run) => run.id === id) ?? []));
}
