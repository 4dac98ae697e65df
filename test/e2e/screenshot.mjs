/**
 * The README's picture: serves the built page, runs the bundled demo in headless Chromium and saves public/screenshot.png.
 * Usage: npx vite build && node test/e2e/screenshot.mjs
 */
import { withDemo } from './lab.mjs';

await withDemo(4198, async (page) => {
  await page.evaluate(() => globalThis.bitcurve.configure({ group: 32 }));
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForFunction(() => globalThis.bitcurve.store.getState().run.status === 'finished', null, {
    timeout: 600_000,
  });
  // The chart redraws five times a second.
  await page.waitForTimeout(1000);
  await page.screenshot({ path: 'public/screenshot.png' });
});
