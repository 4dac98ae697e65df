/** The run that is kept beside the shown one, so that a new run costs no results: one, the last that was shown. Pure. */
import type { RunEvent } from '../lab/events';
import { isMatrixMethod } from '../quant/matrix';
import type { MethodMeta } from '../quant/recipe';
import { listed } from './format';
import { covers, fullPrecision, type RunView } from './runView';
import type { LabState } from './state';

export interface ShownRun extends Pick<LabState, 'run' | 'source'> {
  /** Every event of it. */
  readonly log: RunEvent[];
}

export interface KeptRun extends ShownRun {
  /** Whether it came after the shown one, which it changed places with. */
  readonly newer: boolean;
}

/** What is kept of `shown` when `next` takes its place; null where it measured nothing or where `next` goes on with all of it. */
export function outlived({ run, source, log }: ShownRun, next: RunView): KeptRun | null {
  // Full precision alone is measured again in seconds, and is no reason to give up what was kept.
  const measured = run.points.some(({ id, state }) => id !== fullPrecision && state === 'finished');
  // A shared run is in the address.
  if (!measured || source === 'link' || covers(next, run)) return null;
  return { run, source, log, newer: false };
}

/** Most methods that are named one by one. */
const mostNames = 3;

/** What a run was, in words to tell it from another: "Matrix at 3 bits, 40 points, demo-100". */
export function describeRun({ points, about }: RunView, methods: readonly MethodMeta[]): string {
  const quantized = points.filter(({ id }) => id !== fullPrecision);
  const finished = quantized.filter(({ state }) => state === 'finished').length;
  const names = [...new Set(quantized.map(({ method }) => method))];
  const combination = quantized.find(({ method }) => isMatrixMethod(method));
  const labels = names.map((name) => methods.find((method) => method.name === name)?.label ?? name);
  const what = combination
    ? `Matrix at ${combination.bits} bits`
    : `Sweep of ${names.length > mostNames ? `${names.length} methods` : listed(labels)}`;
  const of = finished < quantized.length ? `${finished} of ${quantized.length}` : `${finished}`;
  return `${what}, ${of} points${about ? `, ${about.model.name}` : ''}`;
}
