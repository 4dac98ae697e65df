import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { pageHeaders, pageServer, policyInPage } from './src/cli/pageServer.mjs';
import { sourceHash } from './src/cli/sourceHash.mjs';

/** Vite builds the page; vitest runs the engine's tests on Dawn in Node. The page's own tests are Playwright's (test/e2e). */
export default defineConfig({
  plugins: [react(), policyInPage, pageServer],
  base: './',
  define: { __ENGINE__: JSON.stringify(sourceHash(import.meta.dirname)) },
  worker: { format: 'es' },
  // Another origin has no business with the page's files.
  preview: { headers: { ...pageHeaders }, cors: false },
  build: { target: 'es2023', chunkSizeWarningLimit: 700 },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Two cores, one software GPU that already uses both: more workers only fight.
    maxWorkers: 2,
    // Only for what hangs: no test may fail because the machine is busy.
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    setupFiles: ['test/setup.ts'],
  },
});
