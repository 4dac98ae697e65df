/** Nothing leaves the machine: the policy blocks every other origin, for the page and for its worker. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, openDemo, test } from './lab';

let server: Server;
let other = '';
let requests = 0;

test.beforeAll(async () => {
  server = createServer((_, response) => {
    requests++;
    response.setHeader('access-control-allow-origin', '*').end('reached');
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
