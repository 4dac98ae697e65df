import { defineConfig } from '@playwright/test';

const port = 4199;

/** The page's tests: the built page in headless Chromium on SwiftShader, which has no f16 and subgroups of 4. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  // One software GPU: tests that share it run in turn.
  workers: 1,
  // Only for what hangs: no test may fail because the machine is busy. A wait ends as soon as what it waits for is there.
  timeout: 1_800_000,
  expect: { timeout: 300_000 },
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    launchOptions: {
      timeout: 300_000,
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
      ],
    },
    permissions: ['clipboard-read', 'clipboard-write'],
  },
  webServer: {
    command: `npx vite preview --port ${port} --host 127.0.0.1 --strictPort`,
    url: `http://127.0.0.1:${port}`,
    reuseExistingServer: false,
    timeout: 300_000,
  },
});
