/** What an interrupted or earlier run has left for this one: layers that are kept, and points that are taken over. */
import type { PlannedPoint, RunEvent } from '../log/events';
import type { Bench } from './bench';
import { measureReference } from './measurePoint';
import { requireRepeated } from '../log/takeOver';

/** Says how much was left, and tells again of the points that are taken over. */
export function* tellKept({ kept, done }: Bench): Generator<RunEvent> {
  const pointsKept = done.size;
  if (kept.size || pointsKept) {
    yield { type: 'run-resumed', sitesKept: kept.size, ...(pointsKept ? { pointsKept } : {}) };
  }
  for (const events of done.values()) yield* events;
}

/**
 * Full precision until `windows` are in. Where it is taken over it is measured again for its hidden states, with which the points to come
 * are compared; of that only progress is told, and what there is to say about the run and its text.
 */
export async function* referenceUntil(bench: Bench, point: PlannedPoint, windows?: number): AsyncGenerator<RunEvent> {
  const known = bench.done.get(point.id);
  if (known && bench.points.length === 0) return;
  for await (const event of measureReference(bench, point, windows)) {
    if (!known || told.has(event.type)) yield event;
    else if (event.type === 'point-finished') requireRepeated(known, event.losses ?? []);
  }
}

/** Events that are not about the point itself. */
const told: ReadonlySet<RunEvent['type']> = new Set(['progressed', 'text-doubted', 'remarked']);
