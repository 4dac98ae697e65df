/** Runs beside the shown one in the chart: their curves, each with the name of its run. Pure. */
import type { Estimate } from '../log/events';
import { waysOf } from '../log/ways';
import { listed } from '../util/words';
import { curves, referenceValue, type Curve, type Scale, type XAxis, type YAxis } from './curves';
import { runName, type ShelfRun } from './runRecord';
import type { About } from './runView';

export function besideCurves(
  runs: readonly ShelfRun[],
  x: XAxis,
  y: YAxis,
  scale: Scale,
  label: (method: string) => string,
): Curve[] {
  return runs.flatMap((run) =>
    curves(run.view?.points ?? [], x, y, scale, { label, run: runName(run) }).map((curve) => ({
      ...curve,
      // Two runs may have one name.
      key: `${run.id}/${curve.key}`,
    })),
  );
}

/** The highest of the references: what is twice that of one model may be near that of another. */
export function highestReference(own: Estimate | null, runs: readonly ShelfRun[], y: YAxis): Estimate | null {
  const references = runs.map(({ view }) => referenceValue(view?.points ?? [], y));
  return [own, ...references].reduce((most, one) => (one && (!most || one.mean > most.mean) ? one : most), null);
}

/** What the runs of a chart were, by the names that they have in it. */
export const besideAbouts = (runs: readonly ShelfRun[]) =>
  runs.map((run) => ({ name: runName(run), about: run.view?.about ?? null }));

/** "Trained, not as usual: experts without tokens zeroed", for each run that is not; the shown run has no name. */
export const marksOf = (runs: readonly { readonly name: string | null; readonly about: About | null }[]): string[] =>
  runs.flatMap(({ name, about }) => {
    const ways = about ? waysOf(about.settings) : [];
    return ways.length ? [`${name === null ? 'Not' : `${name}, not`} as usual: ${listed(ways)}`] : [];
  });

/**
 * What sets the runs of one chart apart so that their numbers cannot be compared as they stand, in a sentence; null where nothing does.
 * Two evaluations of one model on one text in other windows give other perplexities, too.
 */
export function whatDiffers(shown: About | null, runs: readonly ShelfRun[]): string | null {
  const others = runs.flatMap(({ view }) => view?.about ?? []);
  const differs = (value: (about: About) => string | number | null) =>
    shown !== null && others.some((about) => value(about) !== value(shown));
  const model = differs((about) => about.model.fingerprint);
  const text = differs(({ texts: [evaluation] }) => evaluation);
  const windows = differs(({ settings: { protocol, context, maxTokens } }) => `${protocol} ${context} ${maxTokens}`);
  const calibration = differs(
    ({ texts: [, calibration], settings }) => `${calibration} ${settings.calibrationTokens} ${settings.mode}`,
  );
  const ways = differs(({ settings }) => waysOf(settings).join());
  const waysOfAll = [...(shown ? [shown] : []), ...others].flatMap(({ settings }) => waysOf(settings));
  const what = [
    model && 'the model',
    text && 'the evaluation text',
    windows && 'the evaluation’s windows',
    calibration && 'the calibration',
    ways && `what is not as usual (${listed([...new Set(waysOfAll)])})`,
  ].filter((part) => part !== false);
  if (!what.length) return null;
  const advice =
    model || text || windows
      ? ' Perplexities of theirs cannot be set against each other: look at the ln ratio, of each to its own full precision.'
      : ' What calibrated methods owe to that is no difference between methods.';
  return `These runs differ in ${listed(what)}.${advice}`;
}
