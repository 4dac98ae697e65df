/** Nothing finished is lost: reloads, crashes and closed tabs at many moments; runs that are added to, named, and laid side by side. */
import type { BrowserContext, Page } from '@playwright/test';
import { configure, essence, expect, openDemo, points, results, runButton, test, untilStatus } from './lab';

const tiny = { context: 32, maxTokens: 128, calibrationTokens: 128 };
const chartLines = (page: Page) => page.locator('.recharts-scatter');
const legend = (page: Page) => page.locator('.legend li');
const runs = (page: Page) => page.getByRole('table', { name: 'Runs' });

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
      .map(({ id, hash, perplexity, losses }) => ({ id, hash, perplexity: perplexity?.mean, losses })),
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

test('a method is added to what was measured, the address holds the result, and a reload brings it back', async ({
  page,
}) => {
  await openDemo(page);
  await configure(page, { ...tiny, methods: ['rtn'], widths: [4, 3] });
  await runButton(page).click();
  await page.waitForFunction(() => /^\d+ % – Bitcurve$/.test(document.title));
  await untilStatus(page, 'finished');
  await expect.poll(() => page.title()).toBe('Bitcurve');
  const before = await points(page);
  await configure(page, { methods: ['gptq'], widths: [3] });
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.points.length === 4);
  await untilStatus(page, 'finished');
  const after = await points(page);
  // The very same measurements, time included.
  expect(after.slice(0, 3)).toEqual(before);
  expect(after.map(({ id }) => id)).toEqual(['full-precision', 'rtn-4', 'rtn-3', 'gptq-3']);
  await expect(runs(page).getByRole('row')).toHaveCount(2);
  await expect.poll(() => page.url()).toContain('#v1.');

  const address = page.url();
  await page.reload();
  await page.waitForFunction(() => window.bitcurve?.store.getState().run.points.length === 4);
  // The log of this browser, not the link.
  expect(await page.evaluate(() => window.bitcurve.store.getState().source)).toBe('live');
  await expect(page.getByRole('region', { name: 'Shared run' })).toHaveCount(0);
  expect(await points(page)).toEqual(after);
  expect(page.url()).toBe(address);

  // Other settings are another run; the first stays.
  await page.waitForFunction(() => window.bitcurve.store.getState().checkpoint.status === 'open');
  await configure(page, { context: 64 });
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.points.length === 2);
  await untilStatus(page, 'finished');
  await expect(runs(page).getByRole('row')).toHaveCount(3);
  await expect.poll(() => page.url()).not.toBe(address);
});

test('three runs of two checkpoints stand in one chart, are named, deleted and put back', async ({ page }) => {
  await openDemo(page);
  await configure(page, { ...tiny, methods: ['rtn'], widths: [4, 3] });
  await runButton(page).click();
  await untilStatus(page, 'finished');
  await runs(page).getByRole('textbox').first().fill('Trained');
  await page.keyboard.press('Enter');

  await page.getByRole('radio', { name: '30%' }).click();
  await expect(page.locator('.card-name')).toContainText('level-30');
  // The shown results are of the other checkpoint, and say so.
  await expect(page.getByRole('region', { name: 'Another checkpoint' })).toContainText(
    'These results are of level-100; press Run for level-30.',
  );
  await expect(page.locator('.stage.foreign')).toHaveCount(1);
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.about?.model.name === 'level-30');
  await untilStatus(page, 'finished');
  await expect(page.getByRole('region', { name: 'Another checkpoint' })).toHaveCount(0);
  await configure(page, { context: 64, methods: ['hqq'], group: 32 });
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.about?.settings.context === 64);
  await untilStatus(page, 'finished');
  await expect(runs(page).getByRole('row')).toHaveCount(4);
  await expect(chartLines(page)).toHaveCount(1);

  for (const box of await runs(page).getByRole('checkbox').all()) await box.check();
  await expect(chartLines(page)).toHaveCount(3);
  await expect(page.locator('.recharts-scatter-symbol')).toHaveCount(6);
  await expect(legend(page)).toContainText([/HQQ/, /RTN.*level-30, /, /RTN.*Trained/, /Full precision/]);
  await expect(results(page).locator('.run-head')).toHaveCount(3);
  await expect(results(page).locator('.run-head').last()).toContainText('Trained');

  // A reload keeps the runs and their names.
  await page.reload();
  await page.waitForFunction(() => window.bitcurve?.store.getState().run.points.length === 3);
  await expect(runs(page).getByRole('row')).toHaveCount(4);
  await page.getByRole('button', { name: 'Open Trained' }).click();
  await expect(page.getByRole('region', { name: 'Chart' }).getByRole('heading')).toHaveText('level-100');
  await page.getByRole('button', { name: 'Delete Trained' }).click();
  await expect(runs(page).getByRole('row')).toHaveCount(3);
  expect(await points(page)).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(runs(page).getByRole('row')).toHaveCount(4);
  await page.getByRole('button', { name: 'Open Trained' }).click();
  await expect.poll(async () => (await points(page)).length).toBe(3);
});

test('two tabs run side by side and lose nothing of each other', async ({ page, context }) => {
  const other = await context.newPage();
  for (const [tab, bits] of [
    [page, 4],
    [other, 3],
  ] as const) {
    await openDemo(tab);
    await configure(tab, { ...tiny, methods: ['rtn'], widths: [bits] });
  }
  await Promise.all([runButton(page).click(), runButton(other).click()]);
  await Promise.all([untilStatus(page, 'finished'), untilStatus(other, 'finished')]);
  await expect(runs(page).getByRole('row')).toHaveCount(3);
  await expect(runs(other).getByRole('row')).toHaveCount(3);
  await other.close();
  await page.reload();
  await expect(runs(page).getByRole('row')).toHaveCount(3);
  await expect(runs(page)).toContainText('RTN, 1 point');
});
