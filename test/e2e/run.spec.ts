/** Dropping, running, stopping. Losing the device: test/worker/session.test.ts, and in the page run.long.spec.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testDrop } from './drop';
import {
  configure,
  expect,
  openDemo,
  points,
  results,
  root,
  runButton,
  small,
  stopButton,
  test,
  untilStatus,
} from './lab';
import { readLog } from './logs';

testDrop(join(root, 'public/demo/level-7'));

test('the first point of the bundled demo appears early in the run', async ({ page }) => {
  await openDemo(page);
  // As the page opens: no set-up of the test's own.
  await runButton(page).click();
  await expect(results(page).locator('tbody td.strong').first()).toHaveText(/^\d+\.\d+/);
  await stopButton(page).click();
  await untilStatus(page, 'stopped');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download log' }).click();
  const events = readLog(readFileSync(await (await saving).path(), 'utf8'));
  // In work, not in seconds: what is done of the run before the first value is there to be seen.
  const first = events.findIndex(({ type }) => type === 'window-evaluated');
  const before = events.slice(0, first).findLast((event) => event.type === 'progressed');
  expect(first).toBeGreaterThan(0);
  expect(before?.type === 'progressed' ? before.done : 0).toBeLessThan(0.1);
});

test('Stop stops in mid-run, and Run goes on from there, even after a reload', async ({ page }) => {
  await openDemo(page);
  await configure(page, { ...small, maxTokens: 4096 });
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.layers.length > 14);
  await stopButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.status === 'stopped');
  // How little is done after a stop is counted in test/lab/run.test.ts.
  const before = await page.evaluate(() => window.bitcurve.store.getState().run.layers.map(({ hash }) => hash));
  const wanted = await page.evaluate(() => window.bitcurve.store.getState().run.points.length);
  expect((await points(page)).filter(({ state }) => state === 'finished').length).toBeLessThan(wanted);
  // Finished layers are kept in the browser's own file system.
  await openDemo(page);
  await configure(page, small);
  await runButton(page).click();
  await untilStatus(page, 'finished');
  const { remarks, layers } = await page.evaluate(() => window.bitcurve.store.getState().run);
  expect(remarks.map(({ kind }) => kind)).toContain('resumed');
  expect(layers.filter(({ resumed }) => resumed).length).toBeGreaterThanOrEqual(before.length);
  expect(layers.map(({ hash }) => hash).slice(0, before.length)).toEqual(before);
});
