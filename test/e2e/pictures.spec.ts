/** Pictures on the page: sets of them, what is measured on them, and what is said where something is not as it should be. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { lettersOf, writePictureModel } from '../model/letters';
import {
  configure,
  dropPaths,
  expect,
  openDemo,
  points,
  results,
  root,
  runButton,
  seriousViolations,
  test,
  untilStatus,
} from './lab';

const photographs = join(root, 'test/golden/photographs');
const temporary = () => mkdtempSync(join(tmpdir(), 'bitcurve-'));

/** The tiny model that looks at pictures, open. */
async function openPictureModel(page: Page): Promise<void> {
  const folder = join(temporary(), 'looks');
  writePictureModel(folder);
  await openDemo(page);
  await dropPaths(page, [folder]);
  await page.waitForFunction(() => {
    const { checkpoint } = window.bitcurve.store.getState();
    return checkpoint.card?.pictures && checkpoint.status === 'open';
  });
}

/** A folder with a list of such lines, and photographs beside it. */
function setOf(
  name: string,
  lines: readonly object[],
  images: readonly string[] = ['plain.jpg', 'profile.png'],
): string {
  const folder = join(temporary(), name);
  mkdirSync(folder);
  for (const image of images) cpSync(join(photographs, image), join(folder, image));
  writeFileSync(join(folder, `${name}.jsonl`), lines.map((line) => JSON.stringify(line)).join('\n'));
  return folder;
}

const lines = [
  { ask: '<image>{question}{answer}' },
  { image: 'plain.jpg', caption: lettersOf(40, 41, 42) },
  { image: 'profile.png', question: lettersOf(20), answer: lettersOf(30), choices: [lettersOf(30), lettersOf(31)] },
];
const notice = (page: Page) => page.locator('.notice').first();

test('pictures are read as Pillow reads them: PNG and what is packed without loss to the bit, JPEG to two levels', async ({
  page,
}) => {
  await openDemo(page);
  await dropPaths(page, [photographs]);
  await page.waitForFunction(() => window.bitcurve.store.getState().texts.some(({ pictures }) => pictures === 10));
  const samples = await page.evaluate(async () => {
    const lab = window.bitcurve;
    const source = await lab.textOf('pictures/dropped:photographs.jsonl');
    const report = await lab.engine.ask('pictures', { source, samples: 20 });
    return report.samples.map(({ image, thumbnail }) => ({ image, ...thumbnail, rgba: [...thumbnail.rgba] }));
  });
  const sizes = JSON.parse(readFileSync(join(photographs, 'sizes.json'), 'utf8')) as Record<string, [number, number]>;
  expect(samples.map(({ image }) => image)).toEqual(Object.keys(sizes));
  for (const { image, width, height, rgba } of samples) {
    expect([image, width, height]).toEqual([image, ...(sizes[image] ?? [])]);
    const want = readFileSync(join(photographs, `${image}.rgb`));
    const apart = want.map((value, i) => Math.abs(value - (rgba[Math.floor(i / 3) * 4 + (i % 3)] ?? 0)));
    const exact = /png$|^lossless/.test(image);
    expect([image, Math.max(...apart) <= (exact ? 0 : 2)]).toEqual([image, true]);
  }
});

test('a folder of pictures is evaluated and calibrated on, and its values are in table, chart and link', async ({
  page,
}) => {
  await openPictureModel(page);
  await dropPaths(page, [setOf('told', lines), setOf('others', lines, ['plain.jpg', 'profile.png'])]);
  const set = page.getByRole('figure', { name: 'others.jsonl' });
  await expect(set).toContainText('2 pictures, 1 caption and 1 question');
  await expect(set.getByRole('img')).toHaveCount(2);
  await expect(set).toContainText(lettersOf(40, 41, 42));
  expect(await seriousViolations(page)).toEqual([]);
  const small = { methods: ['gptq'], widths: [3], group: null, context: 64, calibrationTokens: 64 };
  await configure(page, { ...small, evaluation: 'pictures/dropped:told.jsonl' });
  await configure(page, { calibration: 'pictures/dropped:others.jsonl' });
  await runButton(page).click();
  await untilStatus(page, 'finished');
  for (const name of ['Accuracy', 'Other picture', 'From the picture']) {
    await expect(results(page).getByRole('columnheader', { name })).toBeVisible();
    await expect(page.getByRole('radio', { name, exact: true })).toHaveCount(1);
  }
  const [full, gptq] = await points(page);
  for (const point of [full, gptq]) {
    expect(Object.keys(point?.values ?? {})).toEqual(expect.arrayContaining(['accuracy', 'otherPicture', 'sight']));
  }
  const about = await page.evaluate(() => window.bitcurve.store.getState().run.about);
  expect(about).toMatchObject({ evaluation: 'told.jsonl', calibration: 'others.jsonl' });
  expect(about?.settings.protocol).toBe('pictures');
  // The same pictures are in both: that is said.
  await expect(page.getByText(/told.jsonl shares 100 % of its passages or pictures/).first()).toBeVisible();
  // The link holds all of it, and the run can be made again from it.
  await page.waitForFunction(() => location.hash.startsWith('#v2.'));
  const share = await page.evaluate(() => window.bitcurve.share());
  expect(share?.calibrationPictures?.label).toBe('others.jsonl');
  const hash = gptq?.hash;
  await page.evaluate(() => window.bitcurve.run());
  await untilStatus(page, 'finished');
  expect((await points(page))[1]?.hash).toBe(hash);
});

test('what is wrong with a set of pictures is said, and nothing else is lost', async ({ page }) => {
  await openPictureModel(page);
  const drop = async (folder: string) => {
    await page.evaluate(() => window.bitcurve.store.setState({ notices: [] }));
    await dropPaths(page, [folder]);
  };
  await drop(setOf('missing', [...lines, { image: 'gone.png', caption: 'x' }]));
  await expect(notice(page)).toContainText('missing.jsonl, line 4: the picture "gone.png" is not among the files');
  await drop(setOf('silent', [{ image: 'plain.jpg' }]));
  await expect(notice(page)).toContainText('line 1: it has neither a "caption" nor a "question" with its "answer"');
  const broken = setOf('broken', lines);
  writeFileSync(join(broken, 'plain.jpg'), 'no picture');
  await drop(broken);
  await expect(notice(page)).toContainText('plain.jpg: this is no PNG, JPEG or WebP picture');
  const huge = setOf('huge', lines);
  const png = readFileSync(join(huge, 'profile.png'));
  png.writeUInt32BE(10_000, 16);
  png.writeUInt32BE(10_000, 20);
  writeFileSync(join(huge, 'profile.png'), png);
  await drop(huge);
  await expect(notice(page)).toContainText('profile.png: 10000×10000 pixels; no more than 50000000 are read');
  const sets = await page.evaluate(() =>
    window.bitcurve.store.getState().texts.filter(({ kind }) => kind === 'dropped'),
  );
  expect(sets).toEqual([]);
  // Cut in the middle: the header is sound, and the run says which picture is not.
  const cut = setOf('cut', lines);
  const whole = readFileSync(join(cut, 'profile.png'));
  writeFileSync(join(cut, 'profile.png'), whole.subarray(0, whole.length - 200));
  await drop(cut);
  await expect(page.locator('.pictures')).toContainText('profile.png: the file is damaged');
  await runButton(page).click();
  await expect(page.getByText(/profile\.png: the file is damaged/).last()).toBeVisible();
  await page.waitForFunction(() => window.bitcurve.store.getState().activity === 'idle');
  await drop(join(photographs, 'plain.jpg'));
  await expect(notice(page)).toContainText('plain.jpg is a picture without words');
  await expect(notice(page)).toContainText('{"image": "plain.jpg", "caption": "a dog on a beach"}');
});

test('a model of text takes no pictures, and says so', async ({ page }) => {
  await openDemo(page);
  await dropPaths(page, [setOf('told', lines)]);
  await expect(notice(page)).toContainText('takes no pictures');
  // What is bundled for models that look is not offered.
  await expect(page.getByLabel('Evaluate on').getByRole('option', { name: /Shapes/ })).toHaveCount(0);
  await configure(page, { evaluation: 'pictures/dropped:told.jsonl' });
  await expect(runButton(page)).toBeDisabled();
  await expect(page.locator('.run-state')).toContainText('takes no pictures: choose texts');
});
