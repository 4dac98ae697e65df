/** Permalinks: the same chart elsewhere without the model, and the same numbers with it. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import {
  configure,
  dropPaths,
  expect,
  openDemo,
  openLab,
  points,
  results,
  root,
  runButton,
  small,
  test,
  untilStatus,
} from './lab';
import { loadModule } from './modules';

const { encodePermalink } =
  await loadModule<typeof import('../../src/log/link/permalink')>('src/log/link/permalink.ts');
const { madeUpShare } = await loadModule<typeof import('../lab/shared')>('test/lab/shared.ts');

/** The same folder but for one number of its config: another model. */
async function anotherModel(): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), 'bitcurve-')), 'another');
  await cp(join(root, 'public/demo/level-7'), folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { rms_norm_eps: number };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, rms_norm_eps: 2 * config.rms_norm_eps }));
  return folder;
}

test('a copied link shows the same points in a fresh profile, and is reproduced there', async ({ page, browser }) => {
  await openDemo(page);
  // The folder's name names the model: the same one is dropped below.
  await dropPaths(page, [join(root, 'public/demo/level-7')]);
  await expect(page.locator('.card-name')).toContainText('level-7');
  await configure(page, small);
  await runButton(page).click();
  await untilStatus(page, 'finished');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByRole('heading', { name: 'The link is on the clipboard' })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toContain('#v2.');
  expect(link.length).toBeLessThan(2000);
  const sizes = async (of: Page) =>
    (await results(of).locator('tbody tr').allInnerTexts()).map((row) =>
      [0, 1, 6, 7, 8, 9].map((i) => row.split('\t')[i]),
    );
  const rows = await sizes(page);

  const fresh = await browser.newContext();
  const other = await fresh.newPage();
  await openLab(other, new URL(link).hash);
  await expect(other.getByRole('region', { name: 'Shared run' })).toContainText('level-7');
  // Nothing is open: the chart needs no model.
  expect(await other.evaluate(() => window.bitcurve.store.getState().checkpoint.card)).toBeNull();
  await expect(other.locator('.recharts-scatter-symbol')).toHaveCount(4);
  expect(await sizes(other)).toEqual(rows);
  const [mine, theirs] = [await points(page), await points(other)];
  for (const [i, point] of mine.entries()) {
    const [own, read] = [point.values['perplexity'], theirs[i]?.values['perplexity']];
    expect(read?.mean).toBeCloseTo(own?.mean ?? NaN, 4);
    // A link keeps the width of an interval within a few percent.
    const half = (own?.mean ?? NaN) - (own?.low ?? NaN);
    expect(Math.abs((read?.low ?? NaN) - (own?.low ?? NaN))).toBeLessThan(0.05 * half);
  }

  // Another model is named as different; nothing runs.
  await dropPaths(other, [await anotherModel()]);
  await expect(other.getByText('This is a different checkpoint')).toBeVisible();
  expect(await other.evaluate(() => window.bitcurve.store.getState().source)).toBe('link');

  // The same model is run with the same settings and compared.
  await dropPaths(other, [join(root, 'public/demo/level-7')]);
  await expect(other.getByRole('region', { name: 'Shared run' })).toContainText('5 match');
  await expect(results(other).locator('td.verdict.match')).toHaveCount(5);
  await fresh.close();
});

for (const [what, mangle] of [
  ['the end of a sentence', (link: string) => `${link}).`],
  ['quotation marks', (link: string) => `${link}”`],
  ['a line break', (link: string) => `${link.slice(0, 90)}%0D%0A%20${link.slice(90)}`],
] as const) {
  test(`a link with ${what} in it opens`, async ({ page }) => {
    await openLab(page, mangle(await encodePermalink(madeUpShare(3))));
    await expect(page.getByRole('region', { name: 'Shared run' })).toContainText('stories260K-f32');
    await expect(page.getByRole('alert')).toHaveCount(0);
  });
}

test('a fragment that is no link is nobody’s business', async ({ page }) => {
  await openLab(page, '#hello');
  await expect(page.locator('.card-name')).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

for (const [what, hash] of [
  ['cut short', '#v1.q1YqU7JSKlPSUUpUslIyNDI2MTUzt7BUqgUA'],
  ['of nonsense', '#v1.%%%%'],
  ['of a later version', '#v9.AAAA'],
] as const) {
  test(`a link ${what} gets a clear message, and the page works`, async ({ page }) => {
    await openLab(page, hash);
    await expect(page.getByRole('alert')).toContainText('The link could not be read');
    await expect(page.getByRole('alert')).not.toContainText('defect');
    await expect(page.locator('.card-name')).toBeVisible();
    await expect(runButton(page)).toBeEnabled();
  });
}
