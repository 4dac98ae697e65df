/** What the page offers around its results: the legend, the range, pictures, words, short ways, paper, narrow windows. */
import { readFileSync } from 'node:fs';
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
  await expect(page.locator('.point')).toHaveCount(12);
}

const entry = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Curves of the chart' }).getByRole('button', { name, exact: true });

test('the legend isolates a curve by keyboard, and the looks are those of the table', async ({ page }) => {
  await openLab(page);
  await showSample(page);
  const gptq = entry(page, 'GPTQ');
  await gptq.focus();
  // Under the focus it stands out.
  await expect(page.locator('.recharts-scatter.faded')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(gptq).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('.point')).toHaveCount(6);
  await expect(page.locator('.point').first()).toHaveAccessibleName(/^GPTQ, /);
  // A curve keeps its colour when it is alone, and the table has the same.
  const colour = (of: string) =>
    page
      .locator(of)
      .first()
      .evaluate((path) => getComputedStyle(path).fill);
  const mark = await colour('.point path');
  expect(await colour('tbody tr:has-text("GPTQ") .swatch path')).toBe(mark);
  expect(await colour('tbody tr:has-text("RTN") .swatch path')).not.toBe(mark);
  await entry(page, 'RTN').click();
  // All of them is all.
  await expect(gptq).toHaveAttribute('aria-pressed', 'false');
  await expect(page.locator('.point')).toHaveCount(12);
});

test('points beyond twice full precision are arrows that say their value, and can be shown', async ({ page }) => {
  await openLab(page);
  await showSample(page);
  // 6.2 × exp(2.2) and 6.2 × exp(0.88), against 12.4.
  await expect(page.getByText('2 points lie above (beyond 2 × full precision)')).toBeVisible();
  const arrow = page.getByRole('img', { name: /^RTN, 2 bits: .*above the shown range$/ });
  const chart = await page.locator('.chart').boundingBox();
  const box = await arrow.boundingBox();
  expect(box?.y ?? 0).toBeGreaterThanOrEqual(chart?.y ?? Infinity);
  await arrow.hover();
  await expect(page.locator('.tip')).toContainText('RTN, 2 bits');
  await page.getByRole('button', { name: 'Show all points' }).click();
  await expect(page.getByRole('img', { name: /above the shown range/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Show the range up to there' }).click();
  await expect(page.getByRole('img', { name: /above the shown range/ })).toHaveCount(2);
});

test('the chart says its content, and arrow keys go from point to point', async ({ page }) => {
  await openLab(page);
  await showSample(page);
  const chart = page.getByRole('group', { name: /^perplexity over bits per quantized weight/ });
  await expect(chart).toHaveAccessibleName(/full precision: 6\.200; RTN: 6\.\d+ at 8\.25 to .* at 2\.25 bits\/weight/);
  await entry(page, 'GPTQ').focus();
  // One stop for all points.
  await page.keyboard.press('Tab');
  await expect(page.locator('.point').first()).toBeFocused();
  // The legend's light goes out behind the focus, and the chart is drawn anew.
  await expect(page.locator('.faded')).toHaveCount(0);
  await expect(page.locator('.point').first()).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.point').nth(1)).toBeFocused();
  await expect(page.locator('.tip')).toContainText('RTN, 3 bits');
  await page.keyboard.press('End');
  await expect(page.locator('.point').last()).toBeFocused();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the pictures of the chart stand by themselves, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await openLab(page);
    await showSample(page);
    const save = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`sample-260K-chart.${name.toLowerCase()}`);
      return readFileSync(await download.path());
    };
    const svg = (await save('SVG')).toString();
    for (const words of ['sample-260K', 'Stories (evaluation)', 'RTN', 'GPTQ', 'Full precision', 'font-family'])
      expect(svg).toContain(words);
    // Nothing of the page is needed: no variables, classes, inline styles or addresses.
    expect(svg).not.toMatch(/var\(|class=|style=|href=/);
    const ground = await page.locator('.chart-panel').evaluate((panel) => getComputedStyle(panel).backgroundColor);
    expect(svg).toContain(`fill="${ground}"`);
    const parsed = await page.evaluate((text) => {
      const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
      return {
        name: root.localName,
        width: Number(root.getAttribute('width')),
        shapes: root.querySelectorAll('path').length,
      };
    }, svg);
    expect(parsed.name).toBe('svg');
    // Twelve points, two curves, their two entries in the legend.
    expect(parsed.shapes).toBeGreaterThanOrEqual(12 + 2 + 2);
    const png = await save('PNG');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    // Two dots per pixel.
    expect(png.readUInt32BE(16)).toBe(2 * parsed.width);
  });
}

test('the table is copied as Markdown, and sorted by what is stored', async ({ page }) => {
  await openLab(page);
  await showSample(page);
  await page.getByRole('button', { name: 'Copy as Markdown' }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(2 + 13);
  await page.getByRole('button', { name: 'bits/weight', exact: true }).click();
  const sizes = (await results(page).locator('tbody tr').allInnerTexts()).map((row) => Number(row.split('\t')[7]));
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(new Set(sizes.slice(1, 3)).size).toBe(1);
});

test('words explain themselves by keyboard and by touch, and the help holds them all', async ({ page }) => {
  await openLab(page);
  await showSample(page);
  const kld = results(page).getByRole('button', { name: 'KLD' });
  await kld.focus();
  await page.keyboard.press('Enter');
  const note = page.getByRole('note', { name: 'KLD' });
  await expect(note).toBeVisible();
  await expect(kld).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Escape');
  await expect(note).toBeHidden();
  await expect(kld).toBeFocused();
  await page.getByRole('button', { name: 'Protocol' }).click();
  await expect(page.getByRole('note', { name: 'Protocol' })).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Help' }).click();
  const help = page.getByRole('dialog', { name: 'Bitcurve in one minute' });
  await expect(help).toContainText('Round to nearest');
  await expect(help.getByRole('link')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
});

test('the short ways by keyboard: skip links, and Ctrl + Enter from a field', async ({ page }) => {
  await openDemo(page);
  await configure(page, { ...small, methods: ['rtn'], widths: [4] });
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Skip to Run' })).toBeFocused();
  await expect(page.getByRole('button', { name: 'Skip to Run' })).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  await expect(runButton(page)).toBeFocused();
  // What the field holds is taken over first.
  const context = page.getByRole('spinbutton', { name: 'Context' });
  await context.fill('32');
  await page.keyboard.press('Control+Enter');
  await untilStatus(page, 'finished');
  expect(await page.evaluate(() => window.bitcurve.store.getState().run.about?.settings.context)).toBe(32);
  await page.getByRole('button', { name: 'Skip to the results' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Results table, scrollable' })).toBeFocused();
});

test('another structure is told of before it is chosen, loaded when it is, and there again after a reload', async ({
  page,
}) => {
  await openDemo(page);
  const weights: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('.safetensors')) weights.push(request.url());
  });
  const tiles = page.getByRole('group', { name: 'Structure of the bundled model' });
  await expect(tiles.getByRole('radio', { name: /^Dense/ })).toBeChecked();
  const experts = tiles.getByRole('radio', { name: /^8 experts \d.* MB$/ });
  await expect(tiles).toContainText('as in Llama');
  await experts.hover();
  await expect(tiles).toContainText('A router sends every token to 2 of 8 MLPs');
  expect(weights).toEqual([]);
  await tiles.getByRole('radio', { name: /^Dense/ }).press('ArrowRight');
  await expect(experts).toBeChecked();
  await expect(experts).toHaveAccessibleDescription(/A router sends every token to 2 of 8 MLPs/);
  await expect(page.locator('.card-name')).toHaveText('mixtral-100 mixtral');
  await expect(page.locator('.card')).toContainText('8 in every block, 2 per token');
  await expect(page.locator('.card')).toContainText('438 k of 1.10 M parameters per token');
  expect(weights).toHaveLength(1);
  // It was trained once: there is no level to choose.
  await expect(page.getByRole('group', { name: 'Part of its training' })).toHaveCount(0);
  await expect(runButton(page)).toBeEnabled();
  await page.reload();
  await expect(page.locator('.card-name')).toHaveText('mixtral-100 mixtral');
  await tiles.getByRole('radio', { name: /^Dense/ }).click();
  await page.getByRole('radio', { name: '7%' }).click();
  await expect(page.locator('.card-name')).toHaveText('level-7 llama');
});

test('the first screen says what can be dropped; a good start is one press, a reason is mended by another', async ({
  page,
}) => {
  await openDemo(page);
  await expect(page.getByText('drop something anywhere on this page: a Hugging Face folder')).toBeVisible();
  await page.getByRole('button', { name: 'Good start' }).click();
  await expect(page.locator('.run-plan')).toHaveText(/^30 points/);
  await page.getByRole('button', { name: 'Select none' }).click();
  await page.getByRole('searchbox', { name: 'Find a method' }).fill('gptaq');
  const method = page.getByRole('checkbox', { name: 'GPTAQ', exact: true });
  await expect(method).toBeDisabled();
  await page.getByRole('button', { name: 'Choose sequential calibration' }).first().click();
  await expect(method).toBeEnabled();
});

for (const width of [1000, 1024, 1060, 1200]) {
  test(`the header stays in its line at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 768 });
    await openLab(page);
    const header = await page.locator('.top').boundingBox();
    for (const button of await page.locator('.top-actions > button').all()) {
      const box = await button.boundingBox();
      expect(box && header && box.y >= header.y && box.y + box.height <= header.y + header.height).toBe(true);
    }
  });
}

test('a shared link on a phone: chart first, no bar until a model is open; at double zoom the bar is slim', async ({
  page,
  browser,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openLab(page);
  await showSample(page);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.waitForFunction(() => location.hash.startsWith('#v2.'));
  // A fresh profile: one that knows the run opens its own.
  const profile = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const other = await profile.newPage();
  await openLab(other, new URL(page.url()).hash);
  await expect(other.locator('.run-bar')).toBeHidden();
  const chart = await other.locator('.chart').boundingBox();
  expect((chart?.y ?? Infinity) + (chart?.height ?? 0)).toBeLessThanOrEqual(844);
  const sentence = await other.locator('.verdict-line').boundingBox();
  const banner = await other.getByRole('region', { name: 'Shared run' }).boundingBox();
  expect(sentence?.y ?? Infinity).toBeLessThan(banner?.y ?? 0);
  await profile.close();
  await page.setViewportSize({ width: 720, height: 450 });
  expect((await page.locator('.run-bar').boundingBox())?.height).toBeLessThanOrEqual(64);
});

test('on paper: chart and tables, no form', async ({ page }) => {
  await openLab(page);
  await showSample(page);
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('.chart .recharts-surface')).toBeVisible();
  await expect(page.locator('.point').first()).toBeVisible();
  await expect(results(page)).toBeVisible();
  for (const gone of ['.rail', '.top-actions', '.chart-controls', '.exports'])
    await expect(page.locator(gone)).toBeHidden();
});

test('in forced colours, what is chosen and how far the run is can be seen', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await openLab(page);
  const chosen = page.getByRole('radio', { name: 'Perplexity' });
  const outline = await chosen.evaluate((input) => getComputedStyle(input.nextElementSibling as Element).outlineStyle);
  expect(outline).toBe('solid');
  const bar = page.getByRole('progressbar');
  expect(await bar.evaluate((element) => getComputedStyle(element).borderTopWidth)).toBe('1px');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing serious in what opens, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await openDemo(page);
    await showSample(page);
    await entry(page, 'GPTQ').click();
    await results(page).getByRole('button', { name: 'KLD' }).click();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Help' }).click();
    expect(await seriousViolations(page)).toEqual([]);
  });
}
