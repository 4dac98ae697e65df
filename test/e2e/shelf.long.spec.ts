/** Nothing finished is lost: reloads, crashes and closed tabs at many moments of a run. */
import type { BrowserContext, Page } from '@playwright/test';
import { configure, essence, expect, openDemo, points, runButton, test, untilStatus } from './lab';

const tiny = { context: 32, maxTokens: 128, calibrationTokens: 128 };

/** The page goes as pages do. What comes after it is a tab of the same browser. */
const ways = {
  async reload(page: Page) {
    await page.reload();
    return page;
  },
  async close(page: Page, context: BrowserContext) {
    await page.close();
    return context.newPage();
  },
  async crash(page: Page, context: BrowserContext) {
    const session = await context.newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    const next = await context.newPage();
    await page.close();
    return next;
  },
} as const;

/** Finished points with the loss of every window. */
const finished = (page: Page) =>
  page.evaluate(() =>
    window.bitcurve.store
      .getState()
      .run.points.filter(({ state }) => state === 'finished')
      .map(({ id, hash, values, losses }) => ({ id, hash, perplexity: values['perplexity']?.mean, losses })),
  );

test('a reload, a crash and a closed tab lose nothing that is finished, at ten moments of a run', async ({
  page: undisturbed,
  browser,
}) => {
  test.setTimeout(400_000);
  const setup = { ...tiny, methods: ['rtn', 'gptq'], widths: [5, 4, 3, 2] };
  const context = await browser.newContext();
  let page = await context.newPage();
  await openDemo(page);
  await configure(page, setup);
  await runButton(page).click();
  for (let moment = 0; moment < 10; moment++) {
    // In the first layers, and after each of the nine points.
    await page.waitForFunction(
      (count) => {
        const { run, activity } = window.bitcurve.store.getState();
        const done = run.points.filter(({ state }) => state === 'finished').length;
        return activity !== 'idle' && count === 0 ? run.points.length > 0 : done >= count;
      },
      moment,
      { polling: 20, timeout: 60_000 },
    );
    const before = await finished(page);
    const way = (['crash', 'reload', 'close'] as const)[moment % 3] ?? 'reload';
    page = await ways[way](page, context);
    await openDemo(page);
    const after = await finished(page);
    expect(after, `after ${way} at ${moment} points`).toEqual(expect.arrayContaining(before));
    expect(after.every(({ losses }) => (losses?.length ?? 0) > 0)).toBe(true);
    if (moment === 9) break;
    const shelf = await page.evaluate(() => window.bitcurve.store.getState().shelf.length);
    expect(shelf).toBeGreaterThan(0);
    // By the notice, or by Run: neither measures a finished point again.
    const ended = await page.evaluate(() => window.bitcurve.store.getState().run.status === 'finished');
    if (ended) continue;
    if (moment % 2) await page.getByRole('alert').getByRole('button', { name: 'Continue' }).click();
    else await runButton(page).click();
  }
  await untilStatus(page, 'finished');
  expect(await page.evaluate(() => window.bitcurve.store.getState().shelf.length)).toBe(1);

  await openDemo(undisturbed);
  await configure(undisturbed, setup);
  await runButton(undisturbed).click();
  await untilStatus(undisturbed, 'finished');
  expect(essence(await points(page))).toEqual(essence(await points(undisturbed)));
  expect(await finished(page)).toEqual(await finished(undisturbed));
  await context.close();
});
