/** Runs are kept: added to, named, laid side by side, and there after a reload. What many moments do to them: shelf.long.spec.ts. */
import type { Page } from '@playwright/test';
import { configure, expect, openDemo, points, results, runButton, test, untilStatus } from './lab';

const tiny = { context: 32, maxTokens: 128, calibrationTokens: 128 };
const chartLines = (page: Page) => page.locator('.recharts-scatter');
const legend = (page: Page) => page.locator('.legend li');
const runs = (page: Page) => page.getByRole('table', { name: 'Runs' });

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
  await expect.poll(() => page.url()).toContain('#v2.');

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

  await page.getByRole('radio', { name: '7%' }).click();
  await expect(page.locator('.card-name')).toContainText('level-7');
  // The shown results are of the other checkpoint, and say so.
  await expect(page.getByRole('region', { name: 'Another checkpoint' })).toContainText(
    'These results are of level-100; press Run for level-7.',
  );
  await expect(page.locator('.stage.foreign')).toHaveCount(1);
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.about?.model.name === 'level-7');
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
  await expect(legend(page)).toContainText([/HQQ/, /RTN.*level-7, /, /RTN.*Trained/, /Full precision/]);
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
