/** Holds the page's bundle to the house: no engine in it, a policy that lets nothing out, and a first chunk that stays small. */
import { gzipSync } from 'node:zlib';
import { relative, resolve } from 'node:path';
import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, it, vi } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

describe('the built page', () => {
  let output: Rollup.RollupOutput['output'];

  beforeAll(async () => {
    // The test runner sets "test", which would build React's development version.
    vi.stubEnv('NODE_ENV', 'production');
    const built = (await build({ root, logLevel: 'error', build: { write: false } })) as Rollup.RollupOutput;
    output = built.output;
    vi.unstubAllEnvs();
  });

  const chunks = () => output.filter((file) => file.type === 'chunk');

  it('holds nothing of the engine: no GPU, no tensors, no model but the names of its sites, no shaders, no tokenizer', () => {
    const modules = chunks().flatMap((chunk) => chunk.moduleIds.map((id) => relative(root, id)));
    expect(modules).toContain('src/app/App.tsx');
    const engine = modules.filter((id) =>
      /^src\/(gpu|tensor|model(?!\/siteId)|formats|reference)\/|^shaders\/|@huggingface/.test(id.replace(/^\0/, '')),
    );
    expect(engine).toEqual([]);
  });

  it('has the engine in a file of its own', () => {
    const engine = output.find((file) => file.type === 'asset' && /main-.*\.js$/.test(file.fileName));
    expect(engine?.type === 'asset' && String(engine.source)).toContain('requestAdapter');
  });

  it('loads the chart later, and starts with less than 120 kB', () => {
    const entry = chunks().find(({ isEntry }) => isEntry);
    // React alone is 66 kB; the rest is room for the page itself.
    expect(gzipSync(entry?.code ?? '').length).toBeLessThan(120_000);
    expect(entry?.moduleIds.some((id) => id.includes('recharts'))).toBe(false);
  });

  it('forbids every other origin, inline scripts and eval', () => {
    const html = output.find(({ fileName }) => fileName === 'index.html');
    const text = html?.type === 'asset' ? String(html.source).replaceAll('&#39;', "'") : '';
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    // The policy comes before everything that it is to hold.
    expect(text.indexOf('Content-Security-Policy')).toBeLessThan(text.indexOf('<script'));
  });
});
