/** The engine's worker as the store uses it: one that died is named by every later request. */
import type { Engine } from '../worker/client';
import { startWorker } from '../worker/start';

export function startEngine(): Engine {
  let crash: Error | null = null;
  const client = startWorker((error) => {
    crash = error;
  });
  return {
    ask: (name, ask, options) => (crash ? Promise.reject(crash) : client.ask(name, ask, options)),
  };
}
