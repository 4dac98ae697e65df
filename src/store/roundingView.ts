/** What is shown of a rounding matrix by matrix: a fold over its events. Pure. */
import { addRounded, totalsOf, type MatrixRounded, type RoundingEvent, type RoundingStarted } from '../log/rounding';
import type { RoundingSum, RoundingTotal } from '../log/rounding';

export interface RoundingView {
  readonly status: 'running' | 'stopping' | 'finished' | 'stopped' | 'failed';
  /** What is rounded; null before it began. */
  readonly started: RoundingStarted | null;
  /** In the order of the checkpoint. */
  readonly matrices: readonly MatrixView[];
  readonly sums: ReadonlyMap<string, RoundingSum>;
  /** Sentences on what could not be done. */
  readonly remarks: readonly string[];
  /** Why it failed, in words; null where it did not. */
  readonly failure: string | null;
  /** Share that is done, and seconds that the rest takes where that is known. */
  readonly done: number;
  readonly secondsLeft: number | null;
  readonly secondsElapsed: number | null;
}

export interface MatrixView extends Pick<MatrixRounded, 'tensor' | 'rows' | 'cols'> {
  /** By point; one that failed, or that is yet to come, is not there. */
  readonly at: ReadonlyMap<string, Pick<MatrixRounded, 'error' | 'used'>>;
}

export const emptyRounding: RoundingView = {
  status: 'running',
  started: null,
  matrices: [],
  sums: new Map(),
  remarks: [],
  failure: null,
  done: 0,
  secondsLeft: null,
  secondsElapsed: null,
};

export function foldRounding(view: RoundingView, events: readonly RoundingEvent[]): RoundingView {
  const rounded = events.filter((event) => event.type === 'matrix-rounded');
  let next: RoundingView = {
    ...view,
    matrices: withRounded(view.matrices, rounded),
    sums: addRounded(view.sums, rounded),
  };
  for (const event of events) next = { ...next, ...change(next, event) };
  return next;
}

function change(view: RoundingView, event: RoundingEvent): Partial<RoundingView> {
  switch (event.type) {
    case 'rounding-started':
      return { started: event };
    case 'matrix-rounded':
      return {};
    case 'matrix-failed': {
      const where = event.point === null ? '' : `${event.point}, ${event.tensor}: `;
      return { remarks: [...view.remarks, where + event.error.message] };
    }
    case 'progressed':
      return { done: event.done, secondsLeft: event.secondsLeft };
    case 'rounding-stopped':
      return { status: 'stopped', secondsElapsed: event.secondsElapsed };
    case 'rounding-failed':
      return { status: 'failed', secondsElapsed: event.secondsElapsed };
    case 'rounding-finished':
      return { status: 'finished', done: 1, secondsElapsed: event.secondsElapsed };
  }
}

/** Points of a matrix come one behind the other, and may come in several batches. */
function withRounded(before: readonly MatrixView[], rounded: readonly MatrixRounded[]): readonly MatrixView[] {
  if (rounded.length === 0) return before;
  const matrices = [...before];
  for (const { tensor, rows, cols, point, error, used } of rounded) {
    const last = matrices.at(-1);
    const at = new Map(last?.tensor === tensor ? last.at : []).set(point, { error, used });
    matrices[last?.tensor === tensor ? matrices.length - 1 : matrices.length] = { tensor, rows, cols, at };
  }
  return matrices;
}

/** By point, of what is rounded so far. */
export const roundingTotals = ({ started, sums }: RoundingView): readonly RoundingTotal[] =>
  started ? totalsOf(started, sums) : [];
