/**
 * What a run need not measure again: points that an earlier run has finished under the same conditions. Their events are told again, so
 * that the new log is whole. Values depend on the request, the engine and the adapter alone, so a point that is taken over has the
 * numbers and hashes that measuring it would give. Pure.
 */
import { equalAssignment, someRecipe, type Assignment } from '../quant/recipe/assignment';
import { needsCalibration } from '../quant/recipe/parseRecipe';
import { NumericError } from '../util/errors';
import { calibratedOn } from './calibratedOn';
import type { PlannedPoint, PointResult, RunEvent, RunSettings } from './events';
import { plainVariants } from './variants';

export type RunStarted = Extract<RunEvent, { type: 'run-started' }>;

/** What a log tells of one finished point: its layers, its last windows, `point-finished`, and what other calibration made of it. */
export interface FinishedPoint {
  /** The conditions that it was measured under. */
  readonly started: RunStarted;
  readonly plan: PlannedPoint;
  readonly events: readonly RunEvent[];
}

/** Finished points of a log, each as it was finished last. A log may hold several beginnings: a lost device, a run gone on with. */
export function finishedPoints(log: readonly RunEvent[]): FinishedPoint[] {
  const found = new Map<string, FinishedPoint>();
  let started: RunStarted | null = null;
  let open = new Map<string, RunEvent[]>();
  for (const event of log) {
    if (event.type === 'run-started') {
      started = event;
      open = new Map();
      continue;
    }
    const id = pointOf(event);
    if (id === null || !started) continue;
    const events = open.get(id) ?? [];
    // Of windows the last tells all.
    if (event.type === 'window-evaluated' && events.at(-1)?.type === event.type) events.pop();
    events.push(event);
    open.set(id, events);
    const plan = started.settings.points.find((point) => point.id === id);
    if (plan && isWhole(events, plan, started.settings)) found.set(id, { started, plan, events });
  }
  return [...found.values()];
}

/** Whether the point is measured, on every part of the calibration text that was asked for. */
function isWhole(
  events: readonly RunEvent[],
  { assignment }: PlannedPoint,
  { calibrationDraws = 1 }: RunSettings,
): boolean {
  const count = (type: RunEvent['type']) => events.filter((event) => event.type === type).length;
  const draws = someRecipe(assignment, needsCalibration) ? calibrationDraws - 1 : 0;
  return count('point-finished') > 0 && count('calibration-redrawn') >= draws;
}

/** The point that an event tells of; null where it tells of the run. */
function pointOf(event: RunEvent): string | null {
  if (event.type === 'point-finished') return event.result.id;
  return 'point' in event && event.type !== 'progressed' ? event.point : null;
}

/** A run as it will be, and the events of its points that need not be measured, by the id that they have in it. */
export interface TakenOver {
  readonly settings: RunSettings;
  readonly done: ReadonlyMap<string, readonly RunEvent[]>;
}

/**
 * `keep: 'all'`: every earlier point stays in the run, which adds its own to them; where one cannot stay, the run is on its own and
 * takes only what it asks for itself, as with 'asked'.
 */
export function takeOver(begun: RunStarted, earlier: readonly FinishedPoint[], keep: 'all' | 'asked'): TakenOver {
  const usable = earlier.filter((point) => sameConditions(point, begun));
  const joined = keep === 'all' && usable.length === earlier.length ? join(begun.settings.points, usable) : null;
  const points = joined ?? begun.settings.points;
  const done = new Map<string, readonly RunEvent[]>();
  for (const point of points) {
    const known = usable.find(({ plan }) => samePoint(plan, point));
    if (known) done.set(point.id, renamed(known.events, point.id));
  }
  return { settings: { ...begun.settings, points }, done };
}

/** Whether measuring the point in the run that has begun would give what was measured. */
const sameConditions = ({ started, plan }: FinishedPoint, begun: RunStarted): boolean =>
  conditions(started, plan.assignment) === conditions(begun, plan.assignment);

/** Everything that a point's values depend on beside its recipe, as text. */
function conditions(started: RunStarted, assignment: Assignment | null): string {
  const { app, adapter, model, evaluation, settings } = started;
  const { protocol, context, maxTokens, calibrationTokens, calibrationDraws = 1, mode, seed, variants } = settings;
  return JSON.stringify([
    [app, adapter.name, adapter.vendor, adapter.architecture],
    [model.fingerprint, evaluation.fingerprint, protocol, context, maxTokens],
    assignment && seed,
    // Rounding to nearest reads no text: the same whatever the others are calibrated on.
    someRecipe(assignment, needsCalibration) && [
      ...[calibratedOn(started)?.fingerprint, calibrationTokens, calibrationDraws, mode],
      plainVariants(variants),
    ],
  ]);
}

const samePoint = (a: PlannedPoint, b: PlannedPoint): boolean =>
  a.method === b.method &&
  (a.assignment && b.assignment ? equalAssignment(a.assignment, b.assignment) : a.assignment === b.assignment);

/** Both runs' points as one run's; null where two would be one point of a curve with different recipes. */
function join(asked: readonly PlannedPoint[], earlier: readonly FinishedPoint[]): PlannedPoint[] | null {
  const joined = earlier.map(({ plan }) => plan);
  // One curve with and without what usually stays would be no curve.
  const sites = new Set([...asked, ...joined].flatMap(({ assignment: of }) => (of ? [of.everywhere ?? false] : [])));
  if (sites.size > 1) return null;
  const ids = new Set(joined.map(({ id }) => id));
  for (const point of asked) {
    if (joined.some((other) => samePoint(other, point))) continue;
    const place = ({ method, bits, group }: PlannedPoint) => `${method} ${bits} ${group}`;
    if (joined.some((other) => place(other) === place(point))) return null;
    // The same method and width on other groups is another curve; its point needs a name of its own.
    const id = ids.has(point.id) ? `${point.id}-g${point.group ?? 'row'}` : point.id;
    if (ids.has(id)) return null;
    ids.add(id);
    joined.push({ ...point, id });
  }
  // Full precision is told of first.
  return joined.sort((a, b) => Number(a.assignment !== null) - Number(b.assignment !== null));
}

/** Results of points that are taken over. */
export function resultsOf(done: TakenOver['done']): PointResult[] {
  return [...done.values()].flatMap((events) =>
    events.flatMap((event) => (event.type === 'point-finished' ? [event.result] : [])),
  );
}

/** The events of a point, as of one that is kept, under its id in the new run. */
function renamed(events: readonly RunEvent[], id: string): RunEvent[] {
  return events.map((event) => {
    if (event.type === 'point-finished') return { ...event, result: { ...event.result, id } };
    if (event.type === 'site-quantized') return { ...event, point: id, resumed: true };
    return 'point' in event ? { ...event, point: id } : event;
  });
}

/**
 * Full precision is measured again where other points are compared with it. It must be what it was: mean losses of windows, in nats.
 * @throws NumericError where the machine computes something else now, so that old and new points cannot stand side by side.
 */
export function requireRepeated(known: readonly RunEvent[], now: readonly number[]): void {
  const before = known.flatMap((event) => (event.type === 'point-finished' ? (event.losses ?? []) : []));
  const apart = Math.max(0, ...now.map((loss, window) => Math.abs(loss - (before[window] ?? loss))));
  if (apart <= mostApart) return;
  throw new NumericError(
    'not-repeatable',
    `full precision differs by ${apart.toPrecision(2)} nats in a window from what was measured before; expected at most ${mostApart}: this browser or its driver computes something else than then. Delete the earlier run, then run again.`,
    { apart, limit: mostApart },
  );
}

/** Losses are logged to 1e-6; a float32 sum in another order moves them by about as much. Nats. */
const mostApart = 1e-5;
