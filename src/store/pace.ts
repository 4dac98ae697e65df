/** Learns from every finished run how fast runs are here, and remembers it from visit to visit. */
import type { StoreApi } from 'zustand/vanilla';
import { paceOf, quickest, slowest } from './estimate';
import type { Notebook } from './remember';
import type { LabState } from './state';

const key = 'bitcurve-pace';

export function learnPace(store: StoreApi<LabState>, notebook: Notebook | null): void {
  const known = recallPace(notebook);
  if (known !== null) store.setState({ pace: known });
  store.subscribe(({ run, source, engine }, before) => {
    const ended = run.status === 'finished' && before.run.status === 'running';
    // What was kept from an earlier run took no time.
    if (!ended || source !== 'live' || run.remarks.some(({ kind }) => kind === 'resumed')) return;
    const pace = engine.report?.gigaflops ? paceOf(run, engine.report.gigaflops) : null;
    if (pace === null) return;
    store.setState({ pace });
    try {
      notebook?.setItem(key, String(pace));
    } catch {
      // Full or refused: the next visit estimates as a first one does.
    }
  });
}

/** What an earlier visit has learnt; null where it did not, or storage is refused. */
function recallPace(notebook: Notebook | null): number | null {
  try {
    const known = Number(notebook?.getItem(key));
    return known >= quickest && known <= slowest ? known : null;
  } catch {
    return null;
  }
}
