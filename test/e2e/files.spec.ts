/** Bad files get clear messages and cost nothing; logs and texts come and go. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
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
  seriousViolations,
  small,
  test,
  untilStatus,
} from './lab';
import { bertFiles } from '../model/bert';
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

test('a checkpoint of an unknown architecture shows its card and why it cannot run, and its matrices are rounded', async ({
  page,
}) => {
  await openDemo(page);
  const folder = join(mkdtempSync(join(tmpdir(), 'bitcurve-')), 'tiny-bert');
  await mkdir(folder);
  for (const { path, blob } of bertFiles()) {
    writeFileSync(join(folder, basename(path)), new Uint8Array(await blob.arrayBuffer()));
  }
  await dropPaths(page, [folder]);
  const card = page.locator('.card');
  await expect(card.locator('.card-name')).toContainText('tiny-bert bert');
  await expect(card.locator('.card-remark')).toContainText(/architecture is "bert"; supported are .*llama/);
  await expect(card.locator('.card-remark')).toContainText('Perplexity cannot be measured.');
  await expect(card).toContainText('124 k in 37 tensors');
  await card.getByText('Sizes by part').click();
  await expect(card.locator('.blocks li')).toHaveCount(3 + 11 + 1);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(runButton(page)).toBeDisabled();
  await expect(page.locator('.run-state').first()).toContainText('tiny-bert cannot run: see Checkpoint');
  await expect(page.getByRole('region', { name: 'Chart' })).toHaveCount(0);

  const panel = page.getByRole('region', { name: 'Rounding errors', exact: true });
  await configure(page, { widths: [8, 4, 2], group: 32 });
  await expect(panel).toContainText('24 matrices at 9 points');
  await panel.getByRole('button', { name: 'Compute rounding errors' }).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().rounding?.status === 'finished');
  const table = panel.getByRole('table', { name: 'Rounding errors of RTN' });
  // The head, three rows of sums, the matrices.
  await expect(table.getByRole('row')).toHaveCount(1 + 3 + 24);
  await expect(table.getByRole('columnheader')).toHaveText(['Matrix', '8 bits', '4 bits', '2 bits', 'Shape']);
  const sums = await page.evaluate(() => {
    const sum = window.bitcurve.store.getState().rounding?.sums.get('rtn-2');
    return sum && (100 * sum.squaredError) / sum.energy;
  });
  await expect(table.getByRole('row', { name: /^All matrices/ })).toContainText(`${sums?.toPrecision(3)} %`);
  await table.getByRole('button', { name: '2 bits' }).click();
  const lost = async () =>
    (await table.locator('tbody:last-child td:nth-child(4)').allTextContents()).map((text) => parseFloat(text));
  await expect.poll(async () => (await lost()).join()).toBe([...(await lost())].sort((a, b) => b - a).join());
  await expect(panel.getByRole('img', { name: /Error of all matrices over bits per weight. RTN: / })).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);

  await dropPaths(page, [demo]);
  await expect(card.locator('.card-name')).toContainText('level-7');
  await expect(panel).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'Chart' })).toBeVisible();
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
