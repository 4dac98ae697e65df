import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Vite builds the page; vitest runs the engine's tests on Dawn in Node. The page's own tests are Playwright's (test/e2e). */
export default defineConfig({
  plugins: [react()],
  base: './',
  worker: { format: 'es' },
  build: { target: 'es2023', chunkSizeWarningLimit: 700 },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Two cores, one software GPU that already uses both: more workers only fight.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ['test/setup.ts'],
  },
});
