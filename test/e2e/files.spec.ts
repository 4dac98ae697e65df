/** Bad files get clear messages and cost nothing; logs and texts come and go. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { readLog, writeLog, sampleLog } from './logs';

const demo = join(root, 'public/demo/level-7');

const settings = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

/** A copy of the demo, or of some of its files, with weights of the test's own. */
async function brokenFolder(name: string, weights: Buffer | string, files = settings): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), 'bitcurve-')), name);
  await mkdir(folder);
  for (const file of files) {
    await cp(join(demo, file), join(folder, file));
  }
  writeFileSync(join(folder, 'model.safetensors'), weights);
  return folder;
}

const sound = readFileSync(join(demo, 'model.safetensors'));
const lying = Buffer.from(sound);
lying.writeBigUInt64LE(2n ** 50n, 0);

const cases = [
  ['a lying header', 'lying', lying, /model\.safetensors/],
  ['cut weights', 'cut', sound.subarray(0, sound.length - 1000), /model\.safetensors/],
  ['a 0-byte file', 'nothing', '', /model\.safetensors.*(empty|0 bytes)/s],
  [
    'a Git-LFS pointer',
    'pointer',
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 1043600\n`,
    /model\.safetensors.*LFS/s,
  ],
] as const;

test('bad weights are named with their file, and what was there stays', async ({ page }) => {
  await openDemo(page);
  await page.getByTestId('files').setInputFiles({
    name: 'run.ndjson',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(writeLog(sampleLog())),
  });
  await expect.poll(async () => (await points(page)).length).toBe(13);
  const before = await points(page);
  for (const [what, name, weights, message] of cases) {
    await dropPaths(page, [await brokenFolder(name, weights)]);
    const alert = page.getByRole('alert').filter({ hasText: `${name} did not open` });
    await expect(alert, what).toContainText(message);
    await expect(alert, what).not.toContainText('defect');
    await expect(alert, what).toContainText('is still open');
    await alert.getByRole('button', { name: /^Dismiss/ }).click();
  }
  expect(await points(page)).toEqual(before);
  await expect(page.locator('.card-name')).toContainText('level-100');
  await expect(runButton(page)).toBeEnabled();
});

test('a checkpoint without a tokenizer says so when it opens, and Run waits', async ({ page }) => {
  await openDemo(page);
  await dropPaths(page, [await brokenFolder('wordless', sound, ['config.json'])]);
  await expect(page.locator('.card-name')).toContainText('wordless');
  await expect(page.locator('.card-remark')).toContainText(/tokenizer\.json is missing.*Add tokenizer\.json/);
  await expect(runButton(page)).toBeDisabled();
  await expect(page.locator('.run-state')).toContainText('No text can be evaluated: see Checkpoint');
  await expect(page.getByRole('button', { name: 'Run the matrix' })).toBeDisabled();
  await dropPaths(page, [demo]);
  await expect(page.locator('.card-remark')).toHaveCount(0);
  await expect(runButton(page)).toBeEnabled();
});

test('a run is saved as a log, and the log shows the same run', async ({ page }) => {
  await openDemo(page);
  await configure(page, { ...small, methods: ['rtn'], widths: [3] });
  await runButton(page).click();
  await untilStatus(page, 'finished');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download log' }).click();
  const file = await (await saving).path();
  const events = readLog(readFileSync(file, 'utf8'));
  expect(events.at(-1)?.type).toBe('run-finished');
  const shown = await points(page);

  await page.reload();
  await openDemo(page);
  await page.getByTestId('files').setInputFiles({ name: 'saved.ndjson', mimeType: '', buffer: readFileSync(file) });
  await expect(results(page).locator('tbody tr')).toHaveCount(2);
  expect(await points(page)).toEqual(shown);

  const table = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  expect(
    readFileSync(await (await table).path(), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(3);
});

test('a folder comes by the folder picker, a text and a broken log by the file picker', async ({ page }) => {
  await openLab(page);
  await page.getByTestId('folder').setInputFiles(demo);
  await expect(page.locator('.card-name')).toContainText('level-7');
  const files = page.getByTestId('files');
  await files.setInputFiles({
    name: 'mine.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('once upon a time '.repeat(90)),
  });
  await expect(page.getByLabel('Evaluate on')).toHaveValue('dropped:mine.txt');
  await files.setInputFiles({ name: 'cut.ndjson', mimeType: '', buffer: Buffer.from('{"type":"run-started","app"') });
  await expect(page.getByRole('alert')).toContainText('cut.ndjson could not be read');
  // A text that is too short is refused, which changes nothing else.
  await files.setInputFiles({ name: 'tiny.txt', mimeType: 'text/plain', buffer: Buffer.from('tiny') });
  await expect(page.getByRole('alert').filter({ hasText: 'tiny.txt is too short' })).toBeVisible();
  await expect(page.getByLabel('Evaluate on')).toHaveValue('dropped:mine.txt');
  await expect(runButton(page)).toBeEnabled();
});
