/** The worker's end of the protocol: runs handlers, batches their events, turns a stop message into an aborted signal. */
import type { RunEvent } from '../log/events';
import type { HeaderCard } from '../model/card';
import { toErrorRecord } from '../util/errors';
import type { FromWorker, Operation, Operations, Request, ToWorker } from './protocol';

/** What a handler gets beside its request. */
export interface Call<E = RunEvent> {
  readonly signal: AbortSignal;
  readonly emit: (event: E) => void;
  /** Where a card can be shown before the whole answer. */
  readonly onHeaders?: (card: HeaderCard) => void;
}

export type Handlers = {
  readonly [O in Operation]: (
    ask: Operations[O]['ask'],
    call: Call<Operations[O]['event']>,
  ) => Promise<Operations[O]['answer']>;
};

/** Anything with the two ends of a message channel: the worker's global scope, or a MessagePort in tests. */
export interface Port<In, Out> {
  postMessage(message: Out): void;
  onmessage: ((event: MessageEvent<In>) => void) | null;
}

type AnyEvent = Operations[Operation]['event'];

/** Milliseconds that events gather before they are sent: well under what the page redraws (5 Hz), well over one message per event. */
const batchMilliseconds = 50;

export function serve(port: Port<ToWorker, FromWorker>, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  port.onmessage = ({ data }) => {
    if (data.type !== 'stop') return void answer(data);
    running.get(data.id)?.abort();
    port.postMessage({ type: 'stopping', id: data.id });
  };

  async function answer(request: Request): Promise<void> {
    const { id } = request;
    const controller = new AbortController();
    running.set(id, controller);
    let gathered: AnyEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      if (gathered.length) port.postMessage({ type: 'events', id, events: gathered });
      gathered = [];
    };
    const emit = (event: AnyEvent) => {
      gathered.push(event);
      timer ??= setTimeout(flush, batchMilliseconds);
    };
    const onHeaders = (card: HeaderCard) => port.postMessage({ type: 'headers', id, card });
    try {
      const handler = handlers[request.name] as (
        ask: unknown,
        call: Call<AnyEvent>,
      ) => Promise<Operations[Operation]['answer']>;
      const value = await handler(request.ask, { signal: controller.signal, emit, onHeaders });
      flush();
      port.postMessage({ type: 'answer', id, answer: value });
    } catch (error) {
      flush();
      port.postMessage({ type: 'failure', id, error: toErrorRecord(error) });
    } finally {
      running.delete(id);
    }
  }
}
