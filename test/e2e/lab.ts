/** What the page's tests share: opening the page, dropping real folders, a small set-up, and reading the state behind the chart. */
import { resolve } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import type { Lab } from '../../src/store/lab';
import type { Setup } from '../../src/store/plan';
import type { PointView } from '../../src/store/runView';

declare global {
  interface Window {
    readonly bitcurve: Lab;
    violations: string[];
  }
}

export const root = resolve(import.meta.dirname, '../..');
/** Real checkpoints beside the repository; not part of it. */
export const sharedModels = resolve(root, '../shared/data/models');

/** Every test fails on a policy violation, an uncaught error or an error at the console. */
export const test = base.extend({
  page: async ({ page }, provide) => {
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(`console: ${message.text()}`);
    });
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => {
        window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
      });
    });
    await provide(page);
    const expected = test.info().annotations.some(({ type }) => type === 'provokes-violations');
    if (!expected) expect([...troubles, ...(await page.evaluate(() => window.violations))]).toEqual([]);
  },
});
export { expect };

/** Opens the page and waits for adapter, texts and the bundled model. */
export async function openLab(page: Page, hash = ''): Promise<void> {
  await page.goto(`/${hash}`);
  await page.waitForFunction(() => {
    const { engine, texts } = window.bitcurve.store.getState();
    return engine.status !== 'starting' && texts.length > 0;
  });
}

export async function openDemo(page: Page): Promise<void> {
  await openLab(page);
  await page.waitForFunction(() => window.bitcurve.store.getState().checkpoint.status === 'open');
}

/** A run of some seconds on a software GPU. */
export const small: Partial<Setup> = {
  methods: ['rtn', 'gptq'],
  widths: [4, 3],
  context: 64,
  maxTokens: 256,
  calibrationTokens: 256,
};

export async function configure(page: Page, change: Partial<Setup>): Promise<void> {
  await page.evaluate((setup) => window.bitcurve.configure(setup), change);
}

export const runButton = (page: Page) => page.getByRole('button', { name: 'Run', exact: true });
export const stopButton = (page: Page) => page.getByRole('button', { name: 'Stop', exact: true });
export const results = (page: Page) => page.getByRole('table', { name: 'Results' });

export const points = (page: Page): Promise<readonly PointView[]> =>
  page.evaluate(() => window.bitcurve.store.getState().run.points);

export async function untilStatus(page: Page, status: string): Promise<void> {
  await page.waitForFunction((wanted) => {
    const { run, activity } = window.bitcurve.store.getState();
    return run.status === wanted && activity === 'idle';
  }, status);
}

/** What tells one run's points from another's. */
export const essence = (all: readonly PointView[]) =>
  all.map(({ id, hash, values }) => ({ id, hash, perplexity: values['perplexity']?.mean }));

/** A drop of real files and folders, as a person makes it: only the browser itself can make one. */
export async function dropPaths(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const event = { x: 600, y: 300, data: { items: [], files: [...paths], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, ...event });
  }
}

/** What axe finds of serious and critical weight by WCAG 2.2 AA, a line each. */
export async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
