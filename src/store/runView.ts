/**
 * The view of a run: what the page shows, folded from the log's events. A pure function of the events, so that a live run, a
 * dropped log and a test give the same picture. Knows neither React nor the worker.
 */
import type {
  ByBlock,
  SiteResult,
  Place,
  PlannedPoint,
  PointResult,
  Quality,
  RemarkTopic,
  RunEvent,
  RunSettings,
  Size,
  Values,
} from '../log/events';
import { calibratedOn, calibrationTokensOf } from '../log/calibratedOn';
import type { Calibrated } from '../log/experts';
import type { Doubt } from '../log/link/sharedRun';
import { openValues, settledValues } from '../log/values';
import { doubtLine } from '../log/verdict/doubt';
import { verifiedLine } from '../log/verified';
import type { ModelCard } from '../model/card';
import type { ErrorRecord } from '../util/errors';
import { adapterName, listed } from './format';
import { siteWords } from '../model/siteId';

type RunStarted = Extract<RunEvent, { type: 'run-started' }>;
export type Progress = Extract<RunEvent, { type: 'progressed' }>;

export const fullPrecision = 'full-precision';

export type PointState = 'planned' | 'quantizing' | 'evaluating' | 'finished' | 'failed';

/** A point as it stands: planned, or measured on the windows so far, or finished. */
export interface PointView {
  readonly id: string;
  readonly method: string;
  readonly bits: number;
  readonly group: number | null;
  readonly state: PointState;
  /** Why the point has failed; null where it has not. */
  readonly failure: string | null;
  readonly windows: number;
  readonly windowsTotal: number;
  /** Null until every layer of the point is quantized. */
  readonly size: Size | null;
  /** Means are finite; an end that is not known is as far away as it can be. */
  readonly values: Values;
  readonly tokens: number;
  readonly seconds: number | null;
  readonly hash: string | null;
  /** ln ratios on other parts of the calibration text; empty where none were asked for. */
  readonly redrawn: readonly number[];
  /** Mean loss of every window; null where the log or link has none. */
  readonly losses: readonly number[] | null;
  /** What is told block by block, by the names of values; null where nothing is, and for a link. */
  readonly byBlock: ByBlock | null;
}

/** Something that the reader should know of: damping raised, a fallback, layers kept. One sentence each. */
export interface Remark {
  readonly kind: 'damping' | 'fallback' | 'resumed' | 'verified' | 'lost' | 'text' | 'failed' | RemarkTopic;
  readonly text: string;
  /** What is doubted of the texts, where the remark is that. */
  readonly doubt?: Doubt['doubt'];
  /** The layer that it is about; absent where it is about the run. */
  readonly place?: Place;
}

/** What was run, where, on what. The same for a log and for a link, which knows less. */
export interface About {
  readonly app: string;
  /** ISO time; null for a link. */
  readonly at: string | null;
  readonly model: Pick<ModelCard, 'name' | 'architecture' | 'parameters' | 'fingerprint' | 'widestInputs'>;
  readonly adapter: string;
  readonly settings: RunSettings;
  readonly evaluation: string;
  readonly calibration: string | null;
  /** Tokens of the calibration text; null where that is not known (a link). */
  readonly calibrationTokens: number | null;
  /** Fingerprints of the texts for evaluation and calibration: two texts may have one name. */
  readonly texts: readonly [string, string | null];
}

export interface RunView {
  readonly status: 'none' | 'running' | 'finished' | 'stopped' | 'failed';
  readonly about: About | null;
  /** Null for a link: it carries no model card. */
  readonly model: ModelCard | null;
  readonly points: readonly PointView[];
  readonly layers: readonly SiteResult[];
  /** Sites that calibration has reached, and by how many tokens. */
  readonly calibrated: readonly Calibrated[];
  readonly remarks: readonly Remark[];
  readonly progress: Progress | null;
  readonly secondsElapsed: number | null;
  readonly error: ErrorRecord | null;
}

export const emptyRun: RunView = {
  status: 'none',
  about: null,
  model: null,
  points: [],
  layers: [],
  calibrated: [],
  remarks: [],
  progress: null,
  secondsElapsed: null,
  error: null,
};

/**
 * The view after a batch of events: one new object for any number of them. Lists that grow are copied once per batch, and points that
 * no event names stay the same objects, so that what draws them can tell.
 */
export function foldEvents(view: RunView, events: readonly RunEvent[]): RunView {
  return events.reduce(fold, draftOf(view)).view;
}

/** Lists of the view that grow. */
type Growing = 'points' | 'layers' | 'calibrated' | 'remarks';

/** A view in the making: its lists are this batch's own from the first change on. */
interface Draft {
  view: RunView;
  readonly own: Set<Growing>;
  /** Where a point stands in the list. Null until it is asked for. */
  places: Map<string, number> | null;
}

function draftOf(view: RunView): Draft {
  return { view, own: new Set(), places: null };
}

/** The list to write to: copied once, then this draft's own. */
function owned<K extends Growing>(draft: Draft, key: K): RunView[K][number][] {
  if (!draft.own.has(key)) {
    draft.own.add(key);
    draft.view = { ...draft.view, [key]: [...draft.view[key]] };
  }
  return draft.view[key] as RunView[K][number][];
}

function set(draft: Draft, change: Partial<RunView>): Draft {
  draft.view = { ...draft.view, ...change };
  return draft;
}

function fold(draft: Draft, event: RunEvent): Draft {
  switch (event.type) {
    case 'run-started':
      return draftOf(start(draft.view, event));
    case 'progressed':
      return set(draft, { progress: event });
    case 'site-calibrated':
      owned(draft, 'calibrated').push(event);
      return draft;
    case 'point-started':
      return changePoint(draft, event.point, () => ({ state: 'quantizing' }));
    case 'site-quantized':
      owned(draft, 'layers').push(event);
      return draft;
    case 'window-evaluated':
      return changePoint(draft, event.point, (point) => ({
        // Logs of version 0.1 tell it with the result.
        size: event.size ?? point.size,
        state: 'evaluating',
        windowsTotal: event.windowsTotal,
        ...measured(event.quality),
      }));
    case 'point-finished':
      return changePoint(draft, event.result.id, () => ({
        ...fromResult(event.result),
        losses: event.losses ?? null,
        byBlock: event.byBlock ?? null,
        // Told anew of a point that is told of again.
        redrawn: [],
      }));
    case 'point-failed': {
      // What its first windows gave is no result.
      const failed = changePoint(draft, event.point, (point) => ({
        ...blankPoint(point),
        state: 'failed',
        failure: event.error.message,
      }));
      return remark(failed, { kind: 'failed', text: `${event.point} could not be measured: ${event.error.message}` });
    }
    case 'remarked':
      return remark(draft, { kind: event.about, text: event.text });
    case 'damping-raised':
      return remark(draft, {
        kind: 'damping',
        place: placeOf(event),
        text: `${where(event)}: not positive definite, damping raised from ${event.from} to ${event.to}.`,
      });
    case 'fallback-used':
      return remark(draft, {
        kind: 'fallback',
        place: placeOf(event),
        text: `${where(event)}: ${event.used} instead of ${event.wanted}, because ${event.reason}.`,
      });
    case 'run-resumed':
      return remark(draft, {
        kind: 'resumed',
        text: `Resumed: ${taken(event)} were taken from the earlier run.`,
      });
    case 'rotation-verified':
    case 'scales-verified':
      return remark(draft, { kind: 'verified', text: `${verifiedLine(event)}.` });
    case 'calibration-redrawn':
      return changePoint(draft, event.point, ({ redrawn }) => ({ redrawn: [...redrawn, event.lnRatio] }));
    case 'text-doubted':
      return remark(draft, { kind: 'text', text: doubtLine(event), doubt: event.doubt });
    case 'run-stopped':
      return set(draft, { status: 'stopped', progress: null, secondsElapsed: event.secondsElapsed });
    case 'run-failed':
      return set(draft, {
        status: 'failed',
        progress: null,
        secondsElapsed: event.secondsElapsed,
        error: event.error,
      });
    case 'run-finished':
      set(draft, { status: 'finished', progress: null, secondsElapsed: event.secondsElapsed });
      return event.points.reduce((d, result) => changePoint(d, result.id, () => fromResult(result)), draft);
  }
}

/**
 * A run begins; or goes on, where it lost its device and was started again on another one: then what was measured stays until it is
 * measured again (to the same values), so that nothing vanishes.
 */
function start(view: RunView, event: RunStarted): RunView {
  const begun: RunView = {
    ...emptyRun,
    status: 'running',
    about: aboutRun(event),
    model: event.model,
    points: startingPoints(event.settings.points),
  };
  if (view.error?.code !== 'device-lost' || view.about?.model.fingerprint !== event.model.fingerprint) return begun;
  const lost: Remark = {
    kind: 'lost',
    text: `The GPU was lost; the run went on with a new device. (${view.error.message})`,
  };
  return {
    ...begun,
    points: begun.points.map((point) => view.points.find(({ id }) => id === point.id) ?? point),
    remarks: [...view.remarks, lost],
  };
}

function aboutRun(started: RunStarted): About {
  const { app, at, model, adapter, settings, evaluation } = started;
  const calibration = calibratedOn(started);
  return {
    app,
    at,
    model,
    adapter: adapterName(adapter),
    settings,
    evaluation: evaluation.label,
    calibration: calibration?.label ?? null,
    calibrationTokens: calibrationTokensOf(started),
    texts: [evaluation.fingerprint, calibration?.fingerprint ?? null],
  };
}

/** Every planned point, the reference first even where the plan leaves it to the engine. */
function startingPoints(planned: readonly PlannedPoint[]): PointView[] {
  const reference = { id: fullPrecision, method: fullPrecision, bits: 0, group: null };
  return [reference, ...planned.filter(({ id }) => id !== fullPrecision)].map(blankPoint);
}

/** Whether some windows of the point are measured. */
export const isMeasured = ({ values }: PointView): boolean => Object.keys(values).length > 0;

export function blankPoint(point: Pick<PointView, 'id' | 'method' | 'bits' | 'group'>): PointView {
  return {
    id: point.id,
    method: point.method,
    bits: point.bits,
    group: point.group,
    state: 'planned',
    failure: null,
    windows: 0,
    windowsTotal: 0,
    size: null,
    values: {},
    tokens: 0,
    seconds: null,
    hash: null,
    redrawn: [],
    losses: null,
    byBlock: null,
  };
}

function changePoint(draft: Draft, id: string, change: (point: PointView) => Partial<PointView>): Draft {
  draft.places ??= new Map(draft.view.points.map((point, place) => [point.id, place]));
  const points = owned(draft, 'points');
  const place = draft.places.get(id) ?? points.length;
  draft.places.set(id, place);
  const point = points[place] ?? blankPoint({ id, method: id, bits: 0, group: null });
  points[place] = { ...point, ...change(point) };
  return draft;
}

function measured({ windows, tokens, values }: Quality): Partial<PointView> {
  return { windows, tokens, values: openValues(values) };
}

/** A finished point as the view holds it. */
export function fromResult({ bits, group, size, values, tokens, seconds, hash }: PointResult): Partial<PointView> {
  return { state: 'finished', failure: null, bits, group, size, values: settledValues(values), tokens, seconds, hash };
}

function remark(draft: Draft, added: Remark): Draft {
  owned(draft, 'remarks').push(added);
  return draft;
}

function taken({ sitesKept, pointsKept = 0 }: Extract<RunEvent, { type: 'run-resumed' }>): string {
  const counted = (count: number, what: string) =>
    count ? [`${count} finished ${what}${count === 1 ? '' : 's'}`] : [];
  return listed([...counted(pointsKept, 'point'), ...counted(sitesKept, 'layer')]);
}

const placeOf = ({ point, site }: Place): Place => ({ point, site });

function where({ point, site }: Place): string {
  return `${point}, ${siteWords(site)}`;
}

/** What is being done while full precision is measured, which comes first: most people have not heard its name yet. */
export function measuringOriginal(points: RunView['points']): string {
  const reference = points.find(({ id }) => id === fullPrecision);
  // One that is finished is measured again for what the others are compared with.
  const seen = reference?.state === 'evaluating' ? ` (${reference.windows} of ${reference.windowsTotal} windows)` : '';
  return `Measuring the original model${seen}`;
}
