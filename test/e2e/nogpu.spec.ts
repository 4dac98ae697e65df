/** A browser without WebGPU: it says what to do, and what needs no GPU works. */
import { expect, openLab, results, runButton, test } from './lab';
import { writeLog, sampleLog } from './logs';

test.use({
  launchOptions: {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU', '--disable-blink-features=WebGPU'],
  },
});

test('without WebGPU the page says what to do, and logs still open', async ({ page }) => {
  await openLab(page);
  await expect(page.getByRole('alert').filter({ hasText: 'No WebGPU here' })).toContainText(/Use a current Chrome/);
  await expect(runButton(page)).toBeDisabled();
  const buffer = Buffer.from(writeLog(sampleLog()));
  await page.getByTestId('files').setInputFiles({ name: 'sample.ndjson', mimeType: '', buffer });
  await expect(results(page).locator('tbody tr')).toHaveCount(13);
  await expect(page.locator('.recharts-scatter-symbol')).toHaveCount(12);
});
