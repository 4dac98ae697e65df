/** Runs in the page that take longest: a second checkpoint, and a device that is lost. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { testDrop } from './drop';
import {
  configure,
  essence,
  expect,
  openDemo,
  points,
  root,
  runButton,
  sharedModels,
  small,
  test,
  untilStatus,
} from './lab';

/** A real one where it lies beside the project, else another level of the demo. */
const stories = join(sharedModels, 'stories260K-f32');
testDrop(existsSync(stories) ? stories : join(root, 'public/demo/level-7'));

test('a device destroyed in mid-run is replaced, and the run ends in the same hashes', async ({ page, browser }) => {
  await openDemo(page);
  await configure(page, small);
  await runButton(page).click();
  await page.waitForFunction(() => window.bitcurve.store.getState().run.layers.length > 14);
  await page.evaluate(() => window.bitcurve.loseDevice());
  await untilStatus(page, 'finished');
  const { remarks } = await page.evaluate(() => window.bitcurve.store.getState().run);
  expect(remarks.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['lost', 'resumed']));

  // The same in a fresh profile, undisturbed: nothing kept, nothing lost.
  const fresh = await browser.newContext();
  const other = await fresh.newPage();
  await openDemo(other);
  await configure(other, small);
  await runButton(other).click();
  await untilStatus(other, 'finished');
  expect(essence(await points(page))).toEqual(essence(await points(other)));
  await fresh.close();
});
