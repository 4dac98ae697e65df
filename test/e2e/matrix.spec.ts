/** Methods to choose from, the combination matrix, and the layers that a cell opens. */
import { configure, expect, openDemo, openLab, points, results, small, stopButton, test, untilStatus } from './lab';
import { map, matrix, replay, sampleMatrixLog, showMatrix, testEverythingOpen } from './matrixPage';
import { writeLog, sampleLog } from './logs';

test('one click runs the matrix, and cells fill while it runs', async ({ page }) => {
  await openDemo(page);
  await configure(page, { ...small, group: 64 });
  await page.getByLabel('Width of the matrix').selectOption('3');
  await page.getByRole('button', { name: 'Run the matrix' }).click();
  // The first cells hold values with intervals while others still wait.
  await expect(matrix(page).locator('td[data-shade] .matrix-value')).not.toHaveCount(0);
  await page.waitForFunction(
    () => window.bitcurve.store.getState().run.points.filter(({ state }) => state === 'finished').length > 2,
  );
  await stopButton(page).click();
  await untilStatus(page, 'stopped');
  await expect(matrix(page).getByText('not measured').first()).toBeVisible();
  // Nothing of the run is left on the GPU, finished or not.
  await page.waitForFunction(() => window.bitcurve.store.getState().engine.memory !== null);
  const memory = await page.evaluate(() => window.bitcurve.store.getState().engine.memory);
  expect(memory).toMatchObject({ liveBuffers: 0, liveBytes: 0 });
  const finished = (await points(page)).filter(({ state }) => state === 'finished');
  expect(finished[1]?.id).toBe('matrix:nearest-3');
  await expect(matrix(page).getByRole('row', { name: /^None/ })).toContainText(/[−\d.]+.*±/);
});

test('the matrix is a table: headers, values, reasons, and the least by name', async ({ page }) => {
  await openLab(page);
  await showMatrix(page);
  const table = matrix(page);
  await expect(table.getByRole('columnheader', { name: 'Compensate', exact: true })).toHaveAttribute(
    'scope',
    'colgroup',
  );
  await expect(table.getByRole('rowheader', { name: 'None' })).toHaveAttribute('scope', 'row');
  await expect(table.getByText('needs sequential calibration')).toHaveCount(1);
  const panel = page.getByRole('region', { name: 'Combinations', exact: true });
  await expect(panel).toContainText(/\d+ of \d+ cells measured/);
  // What a correction stores beside the codes is seen without a pointer.
  const plain = table.getByRole('row', { name: /^None/ }).getByRole('cell');
  await expect(plain.nth(0)).toContainText('3.25 bits');
  await expect(plain.nth(2)).toContainText('3.62 bits');
  // Another width has not been measured: its cells are open.
  await page.getByLabel('Width of the matrix').selectOption('4');
  await expect(table.locator('[data-shade]')).toHaveCount(0);
});

test('a link holds the matrix', async ({ page, browser }) => {
  await openLab(page);
  await showMatrix(page);
  const values = await matrix(page).locator('.matrix-value').allTextContents();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.waitForFunction(() => location.hash.startsWith('#v2.'));
  // In a browser that has not the run itself.
  const fresh = await browser.newContext();
  const other = await fresh.newPage();
  await openLab(other, new URL(page.url()).hash);
  await expect(matrix(other).locator('.matrix-value')).toHaveCount(values.length);
  const seen = await matrix(other).locator('.matrix-value').allTextContents();
  // A link rounds to more digits than the intervals allow.
  seen.forEach((text, i) => expect(Math.abs(Number(text) / Number(values[i]) - 1)).toBeLessThan(0.01));
  await expect(other.getByText('A link does not hold the windows')).toBeVisible();
  await fresh.close();
  // The address is that of what is shown: another run takes it away.
  await page.getByTestId('files').setInputFiles({
    name: 'sweep.ndjson',
    mimeType: '',
    buffer: Buffer.from(writeLog(sampleLog())),
  });
  await page.waitForFunction(() => location.hash === '');
});

test('the results that the matrix takes the place of are opened again from the list of runs', async ({ page }) => {
  await openLab(page);
  const buffer = Buffer.from(writeLog(sampleLog()));
  await page.getByTestId('files').setInputFiles({ name: 'sweep.ndjson', mimeType: '', buffer });
  const runs = page.getByRole('table', { name: 'Runs' }).locator('tbody tr');
  await expect(results(page).locator('tbody tr')).toHaveCount(13);
  await showMatrix(page);
  await expect(runs).toHaveCount(2);
  const sweep = runs.filter({ hasText: 'RTN and GPTQ, 12 points' });
  await sweep.getByRole('button', { name: /^Open / }).click();
  await expect(results(page).locator('tbody tr')).toHaveCount(13);
  await runs
    .filter({ hasText: 'Matrix at 3 bits' })
    .getByRole('button', { name: /^Open / })
    .press('Enter');
  await expect(matrix(page).locator('.rank.best')).toHaveCount(1);
});

test('a cell of the map opens the layer’s histograms; what was not recorded is said', async ({ page }) => {
  await openLab(page);
  await showMatrix(page);
  await page.getByRole('radio', { name: 'outliers' }).check();
  const cell = map(page).getByRole('button', { name: 'Block 1, mlp.down: 12.5 → 4.25' });
  await cell.click();
  await expect(cell).toHaveAttribute('aria-expanded', 'true');
  const detail = page.getByRole('region', { name: 'Block 1, mlp.down' });
  await expect(detail.getByRole('img')).toHaveCount(2);
  await expect(detail).toContainText('4.25 times after the transforms');
  await detail.locator('summary').first().click();
  await expect(detail.getByRole('table').first().getByRole('row')).toHaveCount(33);

  const [, second] = (await points(page)).filter(({ method }) => method !== 'full-precision');
  await page.getByLabel('Point whose layers are shown').selectOption(second?.id ?? '');
  await page.getByRole('radio', { name: 'of nearest' }).check();
  await expect(page.getByText('No layer was changed by this method')).toBeVisible();
  const stripped = sampleMatrixLog().map((event) =>
    event.type === 'site-quantized' ? { ...event, insight: null } : event,
  );
  const buffer = Buffer.from(writeLog(stripped));
  await page.getByTestId('files').setInputFiles({ name: 'old.ndjson', mimeType: '', buffer });
  await page.getByRole('radio', { name: 'outliers' }).check();
  await expect(map(page).getByText('not recorded').first()).toBeVisible();
});

test('methods are searched, read and chosen by keyboard', async ({ page }) => {
  await openLab(page);
  const search = page.getByRole('searchbox', { name: 'Find a method' });
  await search.focus();
  await page.keyboard.type('2210.17323 mse');
  await expect(page.getByRole('checkbox', { name: 'RTN', exact: true })).toHaveCount(0);
  const found = page.getByRole('checkbox', { name: 'GPTQ, mse clip' });
  await expect(found).toBeVisible();
  await found.focus();
  await page.keyboard.press('Space');
  await expect(found).toBeChecked();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'About GPTQ, mse clip' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'arXiv 2210.17323' })).toBeVisible();
  await expect(page.getByRole('group', { name: 'Options of GPTQ, mse clip' })).toBeVisible();
  await search.fill('nf4');
  await expect(page.getByText('No method here by that name')).toBeVisible();
  await search.fill('Q4_K_M');
  await expect(page.getByRole('checkbox', { name: 'llama.cpp Q4_K', exact: true })).toBeVisible();
  await expect(page.getByText('here every layer is Q4_K')).toBeVisible();
});

test('a matrix wider than its panel scrolls there, and the page does not', async ({ page }) => {
  await openLab(page);
  // No cell can be told apart from the lowest: each says so to screen readers, out of sight as well.
  await replay(page, sampleMatrixLog(30));
  await expect(matrix(page).locator('td').last().getByText('lowest')).toHaveCount(1);
  const { clientWidth, scrollWidth } = await page
    .getByRole('region', { name: 'Combinations table, scrollable' })
    .evaluate((element) => ({ clientWidth: element.clientWidth, scrollWidth: element.scrollWidth }));
  expect(scrollWidth).toBeGreaterThan(clientWidth);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
});

testEverythingOpen('light', 1280);
testEverythingOpen('dark', 390);
