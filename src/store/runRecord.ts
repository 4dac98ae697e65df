/** A run as the shelf holds it, and what is kept of it beside its log. Pure. */
import type { SharedRun } from '../log/link/sharedRun';
import { waysOf } from '../log/ways';
import { isMatrixMethod } from '../quant/recipe/combinations';
import type { MethodMeta } from '../quant/recipe/recipe';
import { calibratedTokens } from '../log/verdict/candidate';
import { grouped } from '../util/words';
import { listed } from './format';
import { fullPrecision, type About, type RunView } from './runView';

/** What the list says of a run: enough to tell it from others without its log. */
export interface Summary {
  readonly model: { readonly name: string; readonly fingerprint: string };
  /** `running` of a run that nobody is at work on: the page went before it ended. */
  readonly status: RunView['status'];
  /** Names of its methods, and how many of its points are finished; full precision is not counted. */
  readonly methods: readonly string[];
  readonly finished: number;
  readonly planned: number;
  /** Width of a combination matrix; null for a sweep. */
  readonly matrixBits: number | null;
  /** Texts and settings in words; absent in records of earlier versions. */
  readonly on?: string;
}

/** What is kept of a run beside its log. */
export interface RunRecord {
  readonly id: string;
  /** Null until somebody gives it one. */
  readonly name: string | null;
  readonly source: 'live' | 'log' | 'link';
  /** When it began, or came as a log or link: ISO time. Newer runs come first. */
  readonly at: string;
  readonly summary: Summary;
  /** Its link, as the address holds it from `#` on; null where it is too long for one, or not finished. */
  readonly link: string | null;
  /** Characters of its log. */
  readonly size: number;
}

/** A run on the shelf. */
export interface ShelfRun extends RunRecord {
  /** Folded from its log; null until it is looked at. */
  readonly view: RunView | null;
  /** Where its log is: in the browser's storage, or in this tab alone. */
  readonly keeping: 'kept' | 'tab';
  /** What a link holds; null for a run with a log. */
  readonly share: SharedRun | null;
  /** Whether another tab is at work on it. */
  readonly elsewhere: boolean;
}

export function summaryOf({ about, status, points }: RunView): Summary {
  const quantized = points.filter(({ id }) => id !== fullPrecision);
  return {
    model: { name: about?.model.name ?? '', fingerprint: about?.model.fingerprint ?? '' },
    status,
    methods: [...new Set(quantized.map(({ method }) => method))],
    finished: quantized.filter(({ state }) => state === 'finished').length,
    planned: quantized.length,
    matrixBits: quantized.find(({ method }) => isMatrixMethod(method))?.bits ?? null,
    ...(about ? { on: groundOf(about) } : {}),
  };
}

/** "stories.txt, context 64, calibrated on 2,048 tokens". */
function groundOf({ evaluation, calibration, calibrationTokens, settings }: About): string {
  const tokens = grouped(calibratedTokens(settings, calibrationTokens));
  const calibrated = calibration === null ? [] : [`calibrated on ${tokens} tokens`];
  return [evaluation, `context ${settings.context}`, ...calibrated, ...waysOf(settings)].join(', ');
}

/** Most methods that are named one by one. */
const mostNames = 3;

/** What was measured, in words: "RTN and GPTQ, 12 points", "Matrix at 3 bits, 10 of 40 points". */
export function describeRun(summary: Summary, methods: readonly MethodMeta[]): string {
  const { methods: names, finished, planned, matrixBits } = summary;
  const labels = names.map((name) => methods.find((method) => method.name === name)?.label ?? name);
  const many = names.length > mostNames ? `${names.length} methods` : listed(labels);
  const what = matrixBits === null ? many || 'Full precision' : `Matrix at ${matrixBits} bits`;
  const of = finished < planned ? `${finished} of ${planned}` : String(planned);
  return `${what}, ${of} ${of === '1' ? 'point' : 'points'}`;
}

/** The name that a run is called by beside others: its own, else its model and the time of day that it began. */
export function runName({ name, at, summary }: Pick<RunRecord, 'name' | 'at' | 'summary'>): string {
  if (name) return name;
  return `${summary.model.name}, ${new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
}

export const newestFirst = <R extends RunRecord>(runs: readonly R[]): R[] =>
  [...runs].sort((a, b) => b.at.localeCompare(a.at));

/** Runs that are kept: as many as a list can be looked through. */
const mostRuns = 60;
/** Characters of all logs together; the log of a sweep of 100 points over 30 blocks has 20 million. */
const mostSize = 200e6;

/** Runs that have to go, so that the others stay within bounds: the oldest without a name; never one of `spared`. */
export function surplus(records: readonly RunRecord[], spared: ReadonlySet<string>, share = 1): string[] {
  const gone: string[] = [];
  let count = 0;
  let size = 0;
  const stays = ({ id, name }: RunRecord) => name !== null || spared.has(id);
  const order = [...records].sort((a, b) => Number(stays(b)) - Number(stays(a)) || b.at.localeCompare(a.at));
  for (const record of order) {
    count++;
    size += record.size;
    if (!stays(record) && (count > mostRuns * share || size > mostSize * share)) gone.push(record.id);
  }
  return gone;
}
