/**
 * Starts the worker. Its script is loaded through a blob of one line, because a worker from a blob is bound by the page's content
 * security policy, and one from a URL is not: so the policy holds for the engine too, and nothing can leave the machine.
 */
import { connect, type Client } from './client';
import mainUrl from './main.ts?worker&url';

/** A thread and the line to it. */
export interface RunningWorker {
  readonly client: Client;
  /** Ends the thread, whatever it is doing. */
  end(): void;
}

/** `onCrash` is called when the thread dies by itself, `onSilent` when it does not hear a stop. */
export function startWorker(onCrash: (error: Error) => void, onSilent: () => void): RunningWorker {
  const script = new URL(mainUrl, document.baseURI).href;
  const blob = URL.createObjectURL(new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' }));
  const worker = new Worker(blob, { type: 'module', name: 'bitcurve-engine' });
  const client = connect(worker, onSilent);
  worker.onerror = (event) => {
    const error = new Error(
      `The engine stopped: ${event.message || 'its script did not load'}. Reload the page to go on.`,
    );
    client.fail(error);
    onCrash(error);
  };
  return { client, end: () => worker.terminate() };
}
