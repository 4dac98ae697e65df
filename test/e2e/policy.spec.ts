/** Nothing leaves the machine: the policy blocks every other origin, for the page and for its worker. And nobody frames the page. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageHeaders } from '../../src/cli/pageServer.mjs';
import { expect, openDemo, test } from './lab';

let server: Server;
let other = '';
let requests = 0;

test.beforeAll(async () => {
  server = createServer((_, response) => {
    requests++;
    response.setHeader('access-control-allow-origin', '*').setHeader('content-type', 'text/html').end('reached');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  other = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
test.afterAll(() => server.close());

test('a request to another origin is blocked, from the page and from the worker', async ({ page }) => {
  test.info().annotations.push({ type: 'provokes-violations' });
  await openDemo(page);
  expect(await page.evaluate(() => window.violations)).toEqual([]);
  const attempt = (url: string) =>
    fetch(url).then(
      () => 'reached',
      () => 'blocked',
    );
  expect(await page.evaluate(attempt, other)).toBe('blocked');
  const [worker] = page.workers();
  expect(await worker?.evaluate(attempt, other)).toBe('blocked');
  // The page's own files can be read, so it is the policy that blocks.
  expect(await page.evaluate(attempt, 'icon.svg')).toBe('reached');
  expect(requests).toBe(0);
  expect(await page.evaluate(() => window.violations.join())).toContain('connect-src');
});

test('the page comes with its headers, and does not load in another page', async ({ page, baseURL }) => {
  test.info().annotations.push({ type: 'provokes-violations' });
  const response = await page.goto('/');
  expect(response?.headers()).toMatchObject(
    Object.fromEntries(Object.entries(pageHeaders).map(([name, value]) => [name.toLowerCase(), value])),
  );
  const missing = await page.request.get('/demo/nothing.json');
  expect({ status: missing.status(), text: await missing.text() }).toEqual({
    status: 404,
    text: 'There is nothing here.\n',
  });
  await page.goto(other);
  await page.evaluate((source) => {
    const frame = document.createElement('iframe');
    frame.src = source;
    document.body.append(frame);
    return new Promise((resolve) => frame.addEventListener('load', resolve));
  }, `${baseURL}/`);
  expect(page.frames().map((frame) => frame.url())).toContain('chrome-error://chromewebdata/');
});
