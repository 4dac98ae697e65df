/** Whether the address asks for the page on the paper's claims. */
import { useSyncExternalStore } from 'react';
import { isPaper } from '../store/paperAddress';

function watch(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}

export const usePaper = (): boolean => useSyncExternalStore(watch, () => isPaper(location.hash));
