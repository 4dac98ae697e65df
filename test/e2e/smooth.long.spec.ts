/** A large run fed as by an engine that is as fast as can be: it is shown whole. Long tasks depend on the machine and are printed, not judged. */
import type { RunEvent } from '../../src/log/events';
import { configure, expect, openLab, runButton, test } from './lab';
import { loadModule } from './modules';

const { bigLog } = await loadModule<typeof import('../store/bigLog')>('test/store/bigLog.ts');

declare global {
  interface Window {
    tasks: number[];
    feed: readonly RunEvent[];
  }
}

/** Seconds over which the 17 000 events of 30 blocks × 40 points arrive. */
const seconds = 20;

test('30 blocks × 40 points arrive whole from a fast engine; the long tasks are counted beside it', async ({
  page,
}) => {
  // The engine's place: answers at once, and sends the events of a made-up run.
  await page.addInitScript((length) => {
    const card = { name: 'made up', vendor: '', architecture: '', features: [], limits: {} };
    class Made {
      onmessage: ((event: { data: unknown }) => void) | null = null;
      onerror = null;
      postMessage(message: { type: string; id: number; name: string }) {
        if (message.type !== 'ask') return;
        const { id, name } = message;
        const answer = (value: unknown) => this.onmessage?.({ data: { type: 'answer', id, answer: value } });
        if (name === 'adapter') return setTimeout(() => answer({ card, gigaflops: 1, keepsLayers: true }));
        const [begun] = window.feed;
        if (name === 'open') return setTimeout(() => answer(begun?.type === 'run-started' ? begun.model : null));
        if (name !== 'run') return setTimeout(() => answer(null));
        const began = performance.now();
        let sent = 0;
        const timer = setInterval(() => {
          const due = Math.ceil((window.feed.length * (performance.now() - began)) / (length * 1000));
          this.onmessage?.({ data: { type: 'events', id, events: window.feed.slice(sent, due) } });
          sent = due;
          if (sent < window.feed.length) return;
          clearInterval(timer);
          answer(null);
        }, 20);
      }
    }
    Object.assign(window, { Worker: Made });
  }, seconds);
  const log = bigLog();
  await page.addInitScript((events) => {
    window.feed = events;
  }, log);
  await openLab(page);
  await configure(page, { methods: ['rtn'], widths: [4] });
  await expect(runButton(page)).toBeEnabled();
  await page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.tasks.push(Math.round(duration));
    }).observe({ entryTypes: ['longtask'] });
  });
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.status === 'finished', null, {
    timeout: 4 * seconds * 1000,
  });
  const tasks = await page.evaluate(() => window.tasks);
  await test.info().attach('long tasks, ms', { body: JSON.stringify(tasks), contentType: 'application/json' });
  console.log(
    `long tasks: ${tasks.length}, longest ${Math.max(0, ...tasks)} ms, sum ${tasks.reduce((a, b) => a + b, 0)} ms`,
  );
  const { points, layers } = await page.evaluate(() => {
    const { run } = window.bitcurve.store.getState();
    return { points: run.points.length, layers: run.layers.length };
  });
  expect([points, layers]).toEqual([41, 40 * 30 * 7]);
});
