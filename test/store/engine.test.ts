/** A worker that does not hear a stop: ended, started again, with the checkpoint open as before. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startEngine } from '../../src/store/engine';
import { Cancelled } from '../../src/util/errors';
import { connect, Restarted, type ClientPort } from '../../src/worker/client';
import type { FromWorker, RunRequest, ToWorker } from '../../src/worker/protocol';
import type { startWorker } from '../../src/worker/start';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Workers that answer everything but a run, and hang in that. */
function fakeWorkers() {
  const workers: { readonly asked: string[]; ended: boolean; crash: (error: Error) => void }[] = [];
  const start: typeof startWorker = (onCrash, onSilent) => {
    const worker = { asked: [] as string[], ended: false, crash: onCrash };
    workers.push(worker);
    const port: ClientPort = {
      onmessage: null,
      postMessage(message: ToWorker) {
        if (message.type !== 'ask') return;
        worker.asked.push(message.name === 'open' ? `open ${message.ask.files[0]?.path}` : message.name);
        if (message.name === 'run') return;
        const answer = { type: 'answer', id: message.id, answer: null } as FromWorker;
        queueMicrotask(() => port.onmessage?.({ data: answer } as MessageEvent<FromWorker>));
      },
    };
    return { client: connect(port, onSilent), end: () => void (worker.ended = true) };
  };
  return { workers, start };
}

const request = {} as RunRequest;
const files = (path: string) => ({ files: [{ path, blob: new Blob() }] });

it('starts another worker, opens the newest checkpoint in it, and calls the run stopped', async () => {
  const { workers, start } = fakeWorkers();
  const engine = startEngine(start);
  await engine.ask('open', files('one'));
  await engine.ask('open', files('two'));
  const stop = new AbortController();
  const run = engine.ask('run', request, { signal: stop.signal });
  const outcome = run.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(workers.length).toBe(1);
  stop.abort();
  await vi.advanceTimersByTimeAsync(2_100);
  expect(await outcome).toBeInstanceOf(Restarted);
  expect(await outcome).toBeInstanceOf(Cancelled);
  expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
  // What is asked next comes after the checkpoint is open again.
  await engine.ask('memory', null);
  expect(workers[1]?.asked).toEqual(['open two', 'memory']);
});

it('starts another worker as often as needed, and opens nothing where nothing was open', async () => {
  const { workers, start } = fakeWorkers();
  const engine = startEngine(start);
  for (let times = 1; times <= 3; times++) {
    const stop = new AbortController();
    const outcome = engine.ask('run', request, { signal: stop.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    stop.abort();
    await vi.advanceTimersByTimeAsync(2_100);
    expect(await outcome).toBeInstanceOf(Restarted);
    expect(workers.length).toBe(times + 1);
  }
  expect(workers.at(-1)?.asked).toEqual([]);
});

it('names a worker that died by itself, at every later request', async () => {
  const { workers, start } = fakeWorkers();
  const engine = startEngine(start);
  workers[0]?.crash(new Error('it died'));
  await expect(engine.ask('memory', null)).rejects.toThrow('it died');
});
