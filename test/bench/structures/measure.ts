/** Measures a set of points on a model, but for those that are measured already. */
import type { SiteStore } from '../../../src/lab/siteStore';
import { run } from '../../../src/lab/run';
import type { RunInput } from '../../../src/lab/opening';
import { pictureIdentity } from '../../../src/lab/pictureWindows';
import type { LabelledText } from '../../../src/formats/text';
import type { PictureSet } from '../../../src/formats/pictures/pictureSet';
import type { Gpu } from '../../../src/gpu/gpu';
import type { PlannedPoint, Protocol, RunEvent, RunSettings } from '../../../src/log/events';
import type { Checkpoint } from '../../../src/formats/checkpoint';
import { fromErrorRecord } from '../../../src/util/errors';
import { oneKind } from './corpora';
import { settingsText, type Results, type RunFacts } from './results';
import type { Asked, PointSet } from './sets';

/** What points are measured on. */
export interface Ground {
  readonly gpu: Gpu;
  readonly checkpoint: Checkpoint;
  /** Of the weights. */
  readonly fingerprint: string;
  readonly stories: { readonly calibration: LabelledText; readonly evaluation: LabelledText };
  /** Of the model: what one set has solved, another need not. */
  readonly keep: SiteStore;
  readonly pictures: { readonly calibration: PictureSet; readonly evaluation: PictureSet };
}

export const seed = 0;

const protocols: Readonly<Record<Asked, Protocol>> = {
  story: 'gptq',
  captions: 'pictures',
  questions: 'pictures',
};

/** Captions alone, or questions alone: a perplexity is of one of them. */
function tasked({ stories, pictures }: Ground, asked: Asked): Pick<RunInput, 'evaluation' | 'pictures'> {
  if (asked === 'story') return { evaluation: stories.evaluation };
  const { evaluation: set } = pictures;
  const kind = asked === 'questions' ? 'question' : 'caption';
  const task = { set: { ...set, records: set.records.filter((record) => record.kind === kind) } };
  const { label, text } = pictureIdentity(task);
  return { evaluation: { label, text: `${asked}\n${text}` }, pictures: task };
}

/** Texts, and pictures where they are calibrated on. */
function calibrated({ stories, pictures }: Ground, { calibration }: PointSet) {
  if (calibration === 'one kind') return { calibration: oneKind(stories.calibration) };
  const shown = calibration === 'stories' ? {} : { calibrationPictures: { set: pictures.calibration } };
  return { calibration: stories.calibration, ...shown };
}

/** What a run tells of its model and its experts, and of the rotated model; `before`: what an earlier part of it told. */
function factsOf(log: readonly RunEvent[], before: RunFacts | undefined): RunFacts | null {
  const started = log.find((event) => event.type === 'run-started');
  if (started?.type !== 'run-started') return null;
  const rotated: Record<string, number> = { ...before?.rotated };
  let scaled = before?.scaled ?? null;
  const reached = new Map<string, number>();
  for (const event of log) {
    if (event.type === 'rotation-verified') rotated[event.basis] = event.kld;
    if (event.type === 'scales-verified') {
      const { kld, folded, sites } = event;
      scaled = { kld, folded, sites };
    }
    if (event.type === 'site-calibrated' && /\.expert\.\d+\.gate-up$/.test(event.site))
      reached.set(event.site, event.tokens);
  }
  const { parameters, vocabulary, widestInputs } = started.model;
  const experts = reached.size
    ? { all: reached.size, unreached: [...reached.values()].filter((tokens) => tokens === 0).length }
    : (before?.experts ?? null);
  return { rotated, scaled, experts, parameters, vocabulary, widestInputs: widestInputs ?? null };
}

/** Events that facts are made of. */
const told: ReadonlySet<RunEvent['type']> = new Set([
  'run-started',
  'rotation-verified',
  'scales-verified',
  'site-calibrated',
]);

/** @throws what ends the run. Points that fail are results. */
export async function measureSet(
  ground: Ground,
  set: PointSet,
  results: Results,
  say: (name: string, what: string) => void,
): Promise<void> {
  const { gpu, checkpoint, fingerprint, keep } = ground;
  const settingsKey = settingsText(set, seed);
  const points = set.points.filter((point) => !results.point(fingerprint, settingsKey, point));
  if (points.length === 0 && results.point(fingerprint, settingsKey, null)) return;
  const settings: RunSettings = { points, protocol: protocols[set.asked], ...set.settings, mode: 'shared', seed };
  const planned = new Map<string, PlannedPoint>(points.map((point) => [point.id, point]));
  const { signal } = new AbortController();
  const appVersion = results.engine;
  const given = { ...calibrated(ground, set), ...tasked(ground, set.asked) };
  const input = { gpu, checkpoint, ...given, settings, keep, signal, appVersion };
  const log: RunEvent[] = [];
  for await (const event of run(input)) {
    if (told.has(event.type)) log.push(event);
    if (event.type === 'run-failed') throw fromErrorRecord(event.error);
    if (event.type === 'point-failed') {
      const point = planned.get(event.point);
      if (!point) throw fromErrorRecord(event.error);
      results.addPoint(fingerprint, settingsKey, point, { result: null, losses: [], failure: event.error.message });
      say(`${set.name}: ${event.point}`, event.error.message);
    }
    if (event.type === 'point-finished') {
      const { result, losses = [] } = event;
      results.addPoint(fingerprint, settingsKey, planned.get(result.id) ?? null, { result, losses, failure: null });
      const found = result.values['perplexity']?.mean ?? NaN;
      say(`${set.name}: ${result.id}`, `${found.toFixed(3)} (${result.seconds.toFixed(1)} s)`);
      const facts = factsOf(log, results.facts(fingerprint, settingsKey, set.name));
      if (facts) results.addFacts(fingerprint, settingsKey, set.name, facts);
    }
  }
}
