/** The page's server: what it answers, with which headers, and how `npm start` says what is wrong. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy, pageHeaders, pageServer } from '../../src/cli/pageServer.mjs';

let root = '';
let server: PreviewServer;
const page = '<!doctype html><title>the page</title>';

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'bitcurve-serve-'));
  mkdirSync(join(root, 'dist/demo/level 1'), { recursive: true });
  writeFileSync(join(root, 'dist/index.html'), page);
  writeFileSync(join(root, 'dist/.hidden'), 'hidden');
  writeFileSync(join(root, 'dist/demo/level 1/config.json'), '{"a":1}');
  writeFileSync(join(root, 'secret.txt'), 'secret');
  server = await preview({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [pageServer],
    preview: { host: '127.0.0.1', port: 4871, headers: { ...pageHeaders }, cors: false },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** The path as it is given: fetch would tidy it up. */
function ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const { port } = server.httpServer.address() as AddressInfo;
  return new Promise((done, fail) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on('error', fail);
    asked.end();
  });
}

describe('the page server', () => {
  it('gives the page at two paths, and files at theirs', async () => {
    for (const path of ['/', '/index.html', '/?a=b', '/index.html?x#y']) {
      expect(await ask(path), path).toMatchObject({ status: 200, body: page });
    }
    expect(await ask('/demo/level%201/config.json')).toMatchObject({ status: 200, body: '{"a":1}' });
    expect(await ask('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('does not find anything else', async () => {
    const paths = [
      ...['/unknown', '/index', '/demo', '/demo/', '/demo/level%201/', '/demo/missing.json', '/corpora/missing.txt'],
      ...['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/demo/../../secret.txt', '/..%5csecret.txt'],
      ...[
        '//index.html',
        '//secret.txt',
        '/.hidden',
        '/%00',
        '/%',
        '/%ff',
        '/@fs/etc/passwd',
        '/.git/config',
        '/index.html/',
      ],
    ];
    for (const path of paths) {
      const { status, headers, body } = await ask(path);
      expect({ path, status }).toEqual({ path, status: 404 });
      expect(body).toBe('There is nothing here.\n');
      expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      expect((await ask('/', method)).status, method).toBe(405);
    }
  });

  it('says with every answer what may be done with it', async () => {
    for (const path of ['/', '/demo/level%201/config.json', '/unknown']) {
      const { headers } = await ask(path, 'GET', { origin: 'http://localhost:3000' });
      for (const [name, value] of Object.entries(pageHeaders)) expect(headers[name.toLowerCase()], name).toBe(value);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(pageHeaders['Content-Security-Policy']).toBe(`${contentSecurityPolicy}; frame-ancestors 'none'`);
    expect(pageHeaders).toMatchObject({
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
    });
    // Copying a link has to go on working.
    expect(pageHeaders['Permissions-Policy']).toContain('clipboard-write=(self)');
    expect((await ask('/', 'GET', { host: 'evil.example' })).status).toBe(403);
  });

  it('does not wait for ever', () => {
    expect(server.httpServer).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000, timeout: 60_000 });
  });
});

describe('npm start', () => {
  it.each(['abc', '-1', '99999', '0', '4173.5', '', ' 80', '0x50', '1e3'])('refuses PORT=%s in one line', (value) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli/serve.mjs'], {
      cwd: resolve(import.meta.dirname, '../..'),
      env: { ...process.env, PORT: value },
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(`error: PORT is "${value}"; expected a whole number from 1 to 65535, or none for 4173.\n`);
  });
});
