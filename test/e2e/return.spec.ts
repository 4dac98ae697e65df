/** Coming back: a link in the open tab and the way back from it, a reload in mid-run, wrong numbers in the form. */
import { configure, expect, openDemo, points, runButton, small, test, untilStatus } from './lab';
import { writeLog, sampleLog } from './logs';

test('a link pasted into the open tab is shown, and Back brings what was there', async ({ page, browser }) => {
  const elsewhere = await browser.newContext();
  const author = await elsewhere.newPage();
  await openDemo(author);
  await configure(author, { ...small, methods: ['rtn'], widths: [3] });
  await runButton(author).click();
  await untilStatus(author, 'finished');
  await author.getByRole('button', { name: 'Copy link' }).click();
  await expect(author.getByRole('heading', { name: 'The link is on the clipboard' })).toBeVisible();
  const link = await author.evaluate(() => navigator.clipboard.readText());
  await elsewhere.close();

  // Another browser with a log in it; the link is put into its address.
  await openDemo(page);
  await page.getByTestId('files').setInputFiles({
    name: 'run.ndjson',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(writeLog(sampleLog())),
  });
  await expect.poll(async () => (await points(page)).length).toBe(13);
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await expect(page.getByRole('region', { name: 'Shared run' })).toContainText('level-100');
  expect(await points(page)).toHaveLength(2);
  await page.goBack();
  await expect(page.getByRole('region', { name: 'Shared run' })).toHaveCount(0);
  expect(await points(page)).toHaveLength(13);

  await page.evaluate(() => (location.hash = '#v1.%%%%'));
  await expect(page.getByRole('alert')).toContainText('The link could not be read');
  expect(await points(page)).toHaveLength(13);

  // A run in place of the link leaves no way Back to what was there: it is in the list of runs.
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await expect.poll(async () => (await points(page)).length).toBe(2);
  await runButton(page).click();
  await untilStatus(page, 'finished');
  await page.waitForFunction(() => window.bitcurve.store.getState().source === 'live');
  await page
    .getByRole('table', { name: 'Runs' })
    .getByRole('row')
    .filter({ hasText: 'RTN and GPTQ, 12 points' })
    .getByRole('button', { name: /^Open / })
    .click();
  expect(await points(page)).toHaveLength(13);
});

test('a reload in mid-run keeps the form and says how to go on', async ({ page }) => {
  await openDemo(page);
  await configure(page, { ...small, maxTokens: 4096 });
  await page.getByRole('radio', { name: '7%' }).click();
  await expect(page.locator('.card-name')).toContainText('level-7');
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.layers.length > 3);
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('The last run did not end');
  await expect(page.getByRole('alert')).toContainText('Continue measures what is missing');
  await expect(page.locator('.card-name')).toContainText('level-7');
  const setup = await page.evaluate(() => window.bitcurve.store.getState().setup);
  expect(setup).toMatchObject({ ...small, maxTokens: 4096 });
  await expect(page.getByRole('alert').getByRole('button', { name: 'Continue' })).toBeEnabled();
  // Another run takes the notice away, as going on does.
  await configure(page, { methods: ['rtn'], widths: [4], maxTokens: 256 });
  await runButton(page).click();
  await untilStatus(page, 'finished');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('what the form cannot take is said beside the field, and why Run waits', async ({ page }) => {
  await openDemo(page);
  const context = page.getByLabel('Context');
  await context.fill('1000');
  await expect(page.locator('.wrong')).toHaveText('2 to 256');
  await expect(runButton(page)).toBeDisabled();
  await expect(page.locator('.run-state')).toContainText('Context: 2 to 256');
  await context.fill('128');
  await expect(runButton(page)).toBeEnabled();
  await configure(page, { widths: [] });
  await expect(page.locator('.run-state')).toContainText('Choose at least one width');
  await configure(page, { widths: [3], methods: [] });
  await expect(page.locator('.run-state')).toContainText('Choose at least one method');
  await expect(runButton(page)).toBeDisabled();
});
