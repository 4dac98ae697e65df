/** The page on the paper's claims: reached, linked to, left again, by keyboard, in both schemes; and from there to a model in the lab. */
import { expect, openDemo, openLab, seriousViolations, test } from './lab';

const heading = 'What the paper claims, and what is measured here';

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`axe finds nothing serious, ${colorScheme}, ${width} px`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      await openLab(page, '#claims');
      await expect(page.getByRole('heading', { name: heading })).toBeFocused();
      await expect(page.locator('.claim')).not.toHaveCount(0);
      for (const details of await page.locator('main.paper summary').all()) await details.click();
      expect(await seriousViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  }
}

test('is one press from the lab and one press back, by keyboard, and the lab is as it was', async ({ page }) => {
  await openDemo(page);
  await page.evaluate(() => window.bitcurve.configure({ widths: [3] }));
  const link = page.getByRole('link', { name: 'What the paper claims' });
  await link.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: heading })).toBeFocused();
  await expect(page.locator('.bench')).toBeHidden();
  expect(new URL(page.url()).hash).toBe('#claims');
  await page.goBack();
  await expect(page.locator('.bench')).toBeVisible();
  await expect(page.locator('main.paper')).toHaveCount(0);
  await page.goForward();
  const back = page.getByRole('link', { name: '← Back to the lab' });
  await expect(page.getByRole('heading', { name: heading })).toBeFocused();
  // It stands before the heading.
  await page.keyboard.press('Shift+Tab');
  await expect(back).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.bench')).toBeVisible();
  expect(await page.evaluate(() => window.bitcurve.store.getState().setup.widths)).toEqual([3]);
});

test('shows figures at a chosen width and grouping, and opens a model with these methods', async ({ page }) => {
  await openLab(page, '#claims');
  const table = page.getByRole('table', { name: /^Structure by method/ });
  await expect(table).toContainText('RTN');
  const before = await table.innerText();
  await page.getByRole('radio', { name: '2 bits' }).check();
  await page.getByRole('radio', { name: 'Groups of 32' }).check();
  await expect(page.getByRole('table', { name: 'Structure by method at 2 bits, groups of 32' })).toBeVisible();
  expect(await table.innerText()).not.toBe(before);
  await page.getByRole('button', { name: 'Open in the lab: Dense' }).click();
  await expect(page.locator('.bench')).toBeVisible();
  await page.waitForFunction(() => {
    const { checkpoint } = window.bitcurve.store.getState();
    return checkpoint.status === 'open' && checkpoint.demo === 'level-100';
  });
  const { methods, group } = await page.evaluate(() => window.bitcurve.store.getState().setup);
  expect(methods).toContain('gptq');
  expect(group).toBe(32);
});
