/** A made-up matrix in the page, and the test of everything that opens around it. */
import type { Page } from '@playwright/test';
import type { RunEvent } from '../../src/log/events';
import { expect, openDemo, seriousViolations, test } from './lab';
import { writeLog } from './logs';
import { loadModule } from './modules';

export const { sampleMatrixLog } =
  await loadModule<typeof import('../store/sampleMatrix')>('test/store/sampleMatrix.ts');

export async function replay(page: Page, log: RunEvent[]): Promise<void> {
  const buffer = Buffer.from(writeLog(log));
  await page.getByTestId('files').setInputFiles({ name: 'matrix.ndjson', mimeType: '', buffer });
}
export async function showMatrix(page: Page): Promise<void> {
  await replay(page, sampleMatrixLog());
  await expect(matrix(page).locator('.rank.best')).toHaveCount(1);
}
export const matrix = (page: Page) => page.getByRole('table', { name: /^Combinations at/ });
export const map = (page: Page) => page.getByRole('table', { name: /^Map of/ });

/** Registers the test of one look of the page. */
export function testEverythingOpen(colorScheme: 'light' | 'dark', width: number): void {
  test(`axe finds nothing serious, everything open, ${colorScheme}, ${width} px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 844 });
    await openDemo(page);
    await showMatrix(page);
    await page.getByRole('radio', { name: 'outliers' }).check();
    await map(page).getByRole('button').first().click();
    for (const closed of [1, 2, 3, 4, 5, 6]) {
      const turn = page.locator('button.turn[aria-expanded="false"]').first();
      if (closed && (await turn.count())) await turn.click();
    }
    for (const about of await page.getByRole('button', { name: /^About / }).all()) await about.click();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.screenshot({ path: `test-results/matrix-${colorScheme}-${width}.png`, fullPage: true });
  });
}
