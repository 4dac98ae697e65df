/** Rounds the matrices of the open checkpoint, and shows what comes. Loaded when it is needed: see app/RoundingPanel. */
import { plainPoints } from '../quant/recipe/plainMethods';
import type { MethodMeta } from '../quant/recipe/recipe';
import { Cancelled } from '../util/errors';
import type { RoundingEvent } from '../log/rounding';
import { createBatch } from './batch';
import type { Lab } from './lab';
import { errorWords } from './format';
import { emptyRounding, foldRounding, type RoundingView } from './roundingView';

const running = new WeakMap<Lab, AbortController>();

/** At the widths and the group of the form. What is rounded when it is stopped or fails stays. */
export async function roundMatrices(lab: Lab, methods: readonly MethodMeta[]): Promise<void> {
  const { store, engine } = lab;
  const { activity, setup } = store.getState();
  if (activity !== 'idle') return;
  const controller = new AbortController();
  running.set(lab, controller);
  const show = (change: (view: RoundingView) => RoundingView) =>
    store.setState(({ rounding }) => ({ rounding: change(rounding ?? emptyRounding) }));
  const batch = createBatch((events: readonly RoundingEvent[]) => show((view) => foldRounding(view, events)));
  store.setState({ activity: 'rounding', rounding: emptyRounding, announcement: 'Rounding started.' });
  try {
    const onEvents = (events: readonly RoundingEvent[]) => batch.add(events);
    await engine.ask('round', { points: plainPoints(methods, setup) }, { signal: controller.signal, onEvents });
    batch.flush();
  } catch (error) {
    batch.flush();
    const end = error instanceof Cancelled ? { status: 'stopped' as const } : failed(error);
    show((view) => ({ ...view, ...end }));
  } finally {
    running.delete(lab);
    store.setState(({ rounding }) => ({ activity: 'idle', announcement: `Rounding ${rounding?.status ?? 'ended'}.` }));
  }
}

const failed = (error: unknown) => ({ status: 'failed' as const, failure: errorWords(error) });

export function stopRounding(lab: Lab): void {
  const controller = running.get(lab);
  if (!controller) return;
  lab.store.setState(({ rounding }) => ({ rounding: rounding && { ...rounding, status: 'stopping' } }));
  controller.abort();
}
