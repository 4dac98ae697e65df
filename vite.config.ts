import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { sourceHash } from './src/cli/sourceHash.mjs';

/**
 * What the page may do: load itself, draw, and nothing else. There is no other origin that it may talk to, so nothing can leave the
 * machine. The worker is bound as well, because it starts from a blob (src/worker/start.ts).
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Only in the build: in development Vite's own reload needs inline scripts. */
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
  ],
};

/** Vite builds the page; vitest runs the engine's tests on Dawn in Node. The page's own tests are Playwright's (test/e2e). */
export default defineConfig({
  plugins: [react(), contentSecurityPolicy],
  base: './',
  define: { __ENGINE__: JSON.stringify(sourceHash(import.meta.dirname)) },
  worker: { format: 'es' },
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
