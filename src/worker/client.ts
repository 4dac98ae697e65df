/** The page's end of the protocol: one promise per request, events by callback, an AbortSignal that becomes a stop message. */
import type { RunEvent } from '../log/events';
import type { HeaderCard } from '../model/card';
import { Cancelled, fromErrorRecord } from '../util/errors';
import type { FromWorker, Operation, Operations, Request, ToWorker } from './protocol';

export interface AskOptions<E = RunEvent> {
  readonly signal?: AbortSignal;
  readonly onEvents?: (events: readonly E[]) => void;
  readonly onHeaders?: (card: HeaderCard) => void;
}

/** The engine as the page sees it. Rejections are the error classes of util/errors. */
export interface Engine {
  ask<O extends Operation>(
    name: O,
    ask: Operations[O]['ask'],
    options?: AskOptions<Operations[O]['event']>,
  ): Promise<Operations[O]['answer']>;
}

export interface ClientPort {
  postMessage(message: ToWorker): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
}

/** A stop that the engine could not hear: its thread was ended, and another one was started. */
export class Restarted extends Cancelled {
  constructor() {
    super('the engine did not hear the stop, so its thread was ended and started again');
  }
}

/** Milliseconds in which a stop must be heard. Work is cut into slices of far less; what takes longer is a hang to whoever waits. */
const patience = 2_000;

interface Pending extends Pick<AskOptions<never>, 'onEvents' | 'onHeaders'> {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export interface Client extends Engine {
  /** Fails everything pending: for a worker that died. */
  fail(error: Error): void;
}

/** `onSilent` is called when a stop is not heard in time: the other end hangs. */
export function connect(port: ClientPort, onSilent: () => void = () => undefined): Client {
  const pending = new Map<number, Pending>();
  /** Timers of stops that were not heard yet, by request. */
  const waiting = new Map<number, ReturnType<typeof setTimeout>>();
  let next = 1;
  port.onmessage = ({ data }) => {
    clearTimeout(waiting.get(data.id));
    waiting.delete(data.id);
    const request = pending.get(data.id);
    if (!request || data.type === 'stopping') return;
    if (data.type === 'events') return request.onEvents?.(data.events as readonly never[]);
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
        const stop = () => {
          if (!pending.has(id)) return;
          port.postMessage({ type: 'stop', id });
          waiting.set(id, setTimeout(onSilent, patience));
        };
        port.postMessage({ type: 'ask', id, name, ask } as Request);
        if (signal?.aborted) stop();
        else signal?.addEventListener('abort', stop, { once: true });
      });
    },
    fail(error) {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
}
