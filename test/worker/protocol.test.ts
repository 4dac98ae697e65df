/** The two ends of the protocol over a real message channel. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../src/log/events';
import { Cancelled, FormatError } from '../../src/util/errors';
import { connect, type ClientPort } from '../../src/worker/client';
import type { AdapterReport, FromWorker, RunRequest, ToWorker } from '../../src/worker/protocol';
import { serve, type Handlers, type Port } from '../../src/worker/serve';
import { sampleLog } from '../store/sampleLog';

const request = {} as RunRequest;
const stopped: RunEvent = { type: 'run-stopped', secondsElapsed: 1 };
const sampleCard = (
  sampleLog().find(({ type }) => type === 'run-started') as Extract<RunEvent, { type: 'run-started' }>
).model;
const refuse = () => Promise.reject(new Error('not asked in this test'));

let channel: MessageChannel | null = null;
afterEach(() => {
  channel?.port1.close();
  channel = null;
});

function pair(handlers: Partial<Handlers>, sent: FromWorker[] = []) {
  channel = new MessageChannel();
  const { port1, port2 } = channel;
  const port: Port<ToWorker, FromWorker> = {
    onmessage: null,
    postMessage: (message) => {
      sent.push(message);
      port2.postMessage(message);
    },
  };
  serve(port, {
    adapter: refuse,
    open: refuse,
    run: refuse,
    round: refuse,
    pictures: refuse,
    memory: refuse,
    'lose-device': refuse,
    ...handlers,
  });
  port2.onmessage = (event) => port.onmessage?.(event as MessageEvent<ToWorker>);
  return connect(port1);
}

describe('the protocol', () => {
  it('answers each request with its own answer', async () => {
    const card = { name: 'slow', vendor: '', architecture: '', features: [], limits: {} };
    const slow: AdapterReport = { card, gigaflops: 1, keepsLayers: false };
    let answerSlow = () => {};
    const client = pair({
      // Answered only when the one asked after it is.
      adapter: () => new Promise((resolve) => (answerSlow = () => resolve(slow))),
      'lose-device': () => {
        answerSlow();
        return Promise.resolve(null);
      },
    });
    const both = Promise.all([client.ask('adapter', null), client.ask('lose-device', null)]);
    expect(await both).toEqual([slow, null]);
  });

  it('carries errors with class, code and details', async () => {
    const error = new FormatError('lfs-pointer', 'model.safetensors is a pointer', { file: 'model.safetensors' });
    const client = pair({ open: () => Promise.reject(error) });
    const failure = await client.ask('open', { files: [] }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(FormatError);
    expect(failure).toMatchObject({ code: 'lfs-pointer', details: { file: 'model.safetensors' } });
  });

  it('sends the card of the headers ahead of the answer', async () => {
    const headers = { ...sampleCard, name: 'headers' };
    const client = pair({
      open: (_, { onHeaders }) => {
        onHeaders?.(headers);
        return new Promise((resolve) => setTimeout(() => resolve(sampleCard), 20));
      },
    });
    const seen: string[] = [];
    const answer = client.ask('open', { files: [] }, { onHeaders: ({ name }) => seen.push(name) });
    seen.push((await answer).name);
    expect(seen).toEqual(['headers', sampleCard.name]);
  });

  it('batches events, keeps their order, and sends the last before the answer', async () => {
    const sent: FromWorker[] = [];
    const client = pair(
      {
        run: (_, { emit }) => {
          for (let i = 0; i < 1000; i++) emit({ ...stopped, secondsElapsed: i });
          return Promise.resolve(null);
        },
      },
      sent,
    );
    const got: RunEvent[] = [];
    await client.ask('run', request, { onEvents: (events) => got.push(...events) });
    expect(got.map((event) => event.type === 'run-stopped' && event.secondsElapsed)).toEqual([...Array(1000).keys()]);
    expect(sent.map(({ type }) => type)).toEqual(['events', 'answer']);
  });

  it('turns an aborted signal into a stop of that request alone', async () => {
    const client = pair({
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          const stop = () => reject(new Cancelled());
          if (signal.aborted) stop();
          else signal.addEventListener('abort', stop);
        }),
      'lose-device': () => Promise.resolve(null),
    });
    const controller = new AbortController();
    const run = client.ask('run', request, { signal: controller.signal });
    expect(await client.ask('lose-device', null)).toBeNull();
    controller.abort();
    await expect(run).rejects.toBeInstanceOf(Cancelled);
    await expect(client.ask('run', request, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(Cancelled);
  });

  it('says that a stop was heard, though the work goes on for a while', async () => {
    const sent: FromWorker[] = [];
    let finish: (() => void) | undefined;
    const client = pair({ run: () => new Promise((resolve) => (finish = () => resolve(null))) }, sent);
    const controller = new AbortController();
    const run = client.ask('run', request, { signal: controller.signal });
    controller.abort();
    await vi.waitFor(() => expect(sent.map(({ type }) => type)).toEqual(['stopping']));
    finish?.();
    expect(await run).toBeNull();
  });

  it('names an end that does not hear a stop in two seconds, and only such', () => {
    vi.useFakeTimers();
    try {
      const deaf = vi.fn();
      const port: ClientPort = { postMessage: () => undefined, onmessage: null };
      const client = connect(port, deaf);
      const controllers = [new AbortController(), new AbortController()];
      for (const { signal } of controllers) void client.ask('run', request, { signal });
      vi.advanceTimersByTime(10_000);
      expect(deaf).not.toHaveBeenCalled();
      controllers[0]?.abort();
      vi.advanceTimersByTime(1_900);
      port.onmessage?.({ data: { type: 'stopping', id: 1 } } as MessageEvent<FromWorker>);
      vi.advanceTimersByTime(10_000);
      expect(deaf).not.toHaveBeenCalled();
      controllers[1]?.abort();
      vi.advanceTimersByTime(1_900);
      expect(deaf).not.toHaveBeenCalled();
      vi.advanceTimersByTime(200);
      expect(deaf).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  it('fails everything that waits when the worker dies', async () => {
    const client = pair({ run: () => new Promise(() => undefined) });
    const run = client.ask('run', request);
    client.fail(new Error('it died'));
    await expect(run).rejects.toThrow('it died');
  });
});
