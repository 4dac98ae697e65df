/**
 * The engine's worker as the store uses it. One that died is named by every later request. One that does not hear a stop is ended and
 * another started in its place, with the same checkpoint open: what was finished is on the page, and finished layers are in the browser's
 * file system.
 */
import { Restarted, type Engine } from '../worker/client';
import type { Operation, Operations } from '../worker/protocol';
import { startWorker, type RunningWorker } from '../worker/start';

export function startEngine(start: typeof startWorker = startWorker): Engine {
  let crash: Error | null = null;
  /** The checkpoint that is open, for a worker that takes another's place. */
  let opened: Operations['open']['ask'] | null = null;
  let reopened: Promise<unknown> = Promise.resolve();
  let running: RunningWorker = begin();

  function begin(): RunningWorker {
    return start(
      (error) => {
        crash = error;
      },
      () => restart(),
    );
  }

  function restart(): void {
    const silent = running;
    silent.end();
    running = begin();
    // A checkpoint that cannot be opened again is named by the next run, which finds none open.
    if (opened) reopened = running.client.ask('open', opened).catch(() => null);
    silent.client.fail(new Restarted());
  }

  return {
    async ask<O extends Operation>(name: O, ask: Operations[O]['ask'], options?: Parameters<Engine['ask']>[2]) {
      await reopened;
      if (crash) throw crash;
      const answer = await running.client.ask(name, ask, options);
      if (name === 'open') opened = ask as Operations['open']['ask'];
      return answer;
    },
  };
}
