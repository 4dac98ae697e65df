/** For everybody: no serious finding of axe, keyboard alone, narrow screens, browsers without WebGPU. */
import type { Page } from '@playwright/test';
import {
  configure,
  expect,
  openDemo,
  openLab,
  results,
  runButton,
  small,
  seriousViolations,
  test,
  untilStatus,
} from './lab';
import { writeLog, sampleLog } from './logs';

async function showSample(page: Page): Promise<void> {
  const buffer = Buffer.from(writeLog(sampleLog()));
  await page.getByTestId('files').setInputFiles({ name: 'sample.ndjson', mimeType: '', buffer });
  await expect(page.locator('.recharts-scatter-symbol')).toHaveCount(12);
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`axe finds nothing serious, ${colorScheme}, ${width} px`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      await openDemo(page);
      await showSample(page);
      for (const details of await page.locator('summary').all()) await details.click();
      expect(await seriousViolations(page)).toEqual([]);
      // Nothing is wider than the window; wide tables scroll by themselves.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  }
}

test('a run by keyboard alone', async ({ page }) => {
  await openDemo(page);
  await configure(page, { ...small, methods: [], widths: [3] });
  const tabTo = async (target: ReturnType<Page['locator']>) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if (await target.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error('the keyboard does not get there');
  };
  const rtn = page.getByRole('checkbox', { name: 'RTN', exact: true });
  await tabTo(rtn);
  await page.keyboard.press('Space');
  await expect(rtn).toBeChecked();
  const four = page.getByRole('checkbox', { name: '4 bits' });
  await tabTo(four);
  await page.keyboard.press('Space');
  // The focus is to be seen, also where the input itself is not.
  const outline = await four.evaluate((input) => getComputedStyle(input.nextElementSibling as Element).outlineStyle);
  expect(outline).toBe('solid');
  await tabTo(runButton(page));
  await page.keyboard.press('Enter');
  await untilStatus(page, 'finished');
  await expect(runButton(page)).toBeFocused();
  await expect(results(page).locator('tbody tr')).toHaveCount(3);
  await expect(page.getByRole('status').filter({ hasText: /finished/ })).not.toHaveCount(0);
});

test('the drawing says what it shows', async ({ page }) => {
  await openLab(page);
  await showSample(page);
  await expect(page.locator('.chart svg title').first()).toHaveText(/perplexity over bits per quantized weight/);
  await page.getByRole('radio', { name: 'KL divergence' }).check();
  await page.getByRole('radio', { name: 'MB', exact: true }).check();
  await expect(page.locator('.chart svg title').first()).toHaveText(/KL divergence.* over megabytes/);
});
