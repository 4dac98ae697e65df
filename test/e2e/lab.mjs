/** The built page in headless Chromium for scripts that are run by hand; the tests have test/e2e/lab.ts. */
import { chromium } from '@playwright/test';
import { preview } from 'vite';

/** Serves dist on `port` and hands the page over as soon as the demo is open; closes everything behind `use`. */
export async function withDemo(port, use) {
  const server = await preview({ preview: { port, host: '127.0.0.1', strictPort: true } });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1120 }, colorScheme: 'light' });
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForFunction(() => {
      const { engine, checkpoint } = globalThis.bitcurve.store.getState();
      return engine.status === 'ready' && checkpoint.status === 'open';
    });
    await use(page);
  } finally {
    await browser.close();
    await server.close();
  }
}
