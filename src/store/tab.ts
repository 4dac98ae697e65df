/** What the browser's tab says of a run: how far it is, in the title, and a question before the tab is closed on it. */
import type { StoreApi } from 'zustand/vanilla';
import type { LabState } from './state';

const name = 'Bitcurve';

export function tabTitle({ activity, run }: Pick<LabState, 'activity' | 'run'>): string {
  if (activity === 'idle' || run.status !== 'running') return name;
  return `${Math.floor(100 * (run.progress?.done ?? 0))} % – ${name}`;
}

export function watchTab(store: StoreApi<LabState>): void {
  store.subscribe((state) => {
    const title = tabTitle(state);
    if (document.title !== title) document.title = title;
  });
  addEventListener('beforeunload', (event) => {
    // The browser asks in words of its own.
    if (store.getState().activity !== 'idle') event.preventDefault();
  });
}
