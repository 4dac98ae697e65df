/** The comparison in headless Chromium: serves page/ with Vite and reads what it prints. Flags as in playwright.config.ts. */
import { chromium } from '@playwright/test';
import { createServer } from 'vite';

export async function runInBrowser(
  folder: string,
  page: 'index' | 'shapes',
  options: Readonly<Record<string, string>>,
  print: (line: string) => void,
): Promise<number> {
  const server = await createServer({
    configFile: false,
    root: folder,
    logLevel: 'error',
    appType: 'mpa',
    oxc: { target: 'es2023' },
    // onnxruntime finds its WebAssembly next to itself, which pre-bundling would take apart.
    optimizeDeps: { exclude: ['onnxruntime-web'] },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null, fs: { allow: ['../..'] } },
  });
  await server.listen();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
  try {
    const tab = await browser.newPage();
    const done = new Promise<number>((finish) => {
      tab.on('console', (message) => {
        const text = message.text();
        if (text.startsWith('bench: ')) print(text.slice(7));
        if (text === 'bench: done') finish(0);
        if (text.startsWith('bench: failed')) finish(1);
      });
      tab.on('pageerror', (error) => {
        print(`the page failed: ${error.message}`);
        finish(1);
      });
      tab.on('crash', () => finish(1));
    });
    const query = new URLSearchParams(options);
    await tab.goto(`${server.resolvedUrls?.local[0] ?? ''}page/${page}.html?${query.toString()}`);
    return await done;
  } finally {
    await browser.close();
    await server.close();
  }
}
