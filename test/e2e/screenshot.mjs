/**
 * The README's picture: serves the built page, runs the bundled demo in headless Chromium and saves public/screenshot.png.
 * Usage: npx vite build && node test/e2e/screenshot.mjs
 */
import { chromium } from '@playwright/test';
import { preview } from 'vite';

const port = 4198;
const server = await preview({ preview: { port, host: '127.0.0.1', strictPort: true } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 1120 }, colorScheme: 'light' });
await page.goto(`http://127.0.0.1:${port}/`);
const run = page.getByRole('button', { name: 'Run', exact: true });
await page.waitForFunction(() => {
  const { engine, checkpoint } = globalThis.bitcurve.store.getState();
  return engine.status === 'ready' && checkpoint.status === 'open';
});
await page.evaluate(() => globalThis.bitcurve.configure({ group: 32 }));
await run.click();
await page.waitForFunction(() => globalThis.bitcurve.store.getState().run.status === 'finished', null, {
  timeout: 600_000,
});
// The chart redraws five times a second.
await page.waitForTimeout(1000);
await page.screenshot({ path: 'public/screenshot.png' });
await browser.close();
await server.close();
