/** The page's end of the protocol: one promise per request, events by callback, an AbortSignal that becomes a stop message. */
import type { RunEvent } from '../lab/events';
import type { HeaderCard } from '../model/card';
import { fromErrorRecord } from '../util/errors';
import type { FromWorker, Operation, Operations, Request, ToWorker } from './protocol';

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly onEvents?: (events: readonly RunEvent[]) => void;
  readonly onHeaders?: (card: HeaderCard) => void;
}

/** The engine as the page sees it. Rejections are the error classes of util/errors. */
export interface Engine {
  ask<O extends Operation>(name: O, ask: Operations[O]['ask'], options?: AskOptions): Promise<Operations[O]['answer']>;
}

export interface ClientPort {
  postMessage(message: ToWorker): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
}

interface Pending extends Pick<AskOptions, 'onEvents' | 'onHeaders'> {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export interface Client extends Engine {
  /** Fails everything pending: for a worker that died. */
  fail(error: Error): void;
}

export function connect(port: ClientPort): Client {
  const pending = new Map<number, Pending>();
  let next = 1;
  port.onmessage = ({ data }) => {
    const request = pending.get(data.id);
    if (!request) return;
    if (data.type === 'events') return request.onEvents?.(data.events);
    if (data.type === 'headers') return request.onHeaders?.(data.card);
    pending.delete(data.id);
    if (data.type === 'answer') request.resolve(data.answer as never);
    else request.reject(fromErrorRecord(data.error));
  };
  return {
    ask(name, ask, { signal, ...listeners } = {}) {
      const id = next++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject, ...listeners });
        const stop = () => port.postMessage({ type: 'stop', id });
        port.postMessage({ type: 'ask', id, name, ask } as Request);
        if (signal?.aborted) stop();
        else signal?.addEventListener('abort', stop, { once: true });
      });
    },
    fail(error) {
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
}
