/**
 * The whole combination matrix of the demo in headless Chromium, stopped after eleven points and resumed: five minutes and more on two cores,
 * so not among the tests, which run its first cells. Prints what is alive on the GPU at each end; exits with 1 where something is left
 * or a cell is not measured.
 * Usage: npx vite build && node test/e2e/wholeMatrix.mjs [PICTURE.png]
 */
import { withDemo } from './lab.mjs';

const begin = Date.now();
const faults = [];

await withDemo(4197, async (page) => {
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
  const state = () =>
    page.evaluate(() => {
      const { run, engine } = globalThis.bitcurve.store.getState();
      const finished = run.points.filter((point) => point.state === 'finished').length;
      return { status: run.status, finished, points: run.points.length, ...engine.memory };
    });
  const idle = () =>
    page.waitForFunction(() => globalThis.bitcurve.store.getState().activity === 'idle', null, { timeout: 1_800_000 });
  const atRest = async (status) => {
    await idle();
    // What is alive is asked for when the run has ended.
    await page.waitForTimeout(1000);
    const found = await state();
    console.log(`${Math.round((Date.now() - begin) / 1000)} s: ${JSON.stringify(found)}`);
    if (found.status !== status) faults.push(`the run is ${found.status}; expected: ${status}`);
    if (found.liveBuffers !== 0 || found.liveBytes !== 0) faults.push(`${found.liveBuffers} buffers are left`);
    return found;
  };
  await page.evaluate(() =>
    globalThis.bitcurve.configure({ group: 32, context: 64, maxTokens: 512, calibrationTokens: 512 }),
  );
  await page.getByLabel('Width of the matrix').selectOption('3');
  const start = page.getByRole('button', { name: 'Run the matrix' });
  await start.click();
  await page.waitForFunction(
    () => globalThis.bitcurve.store.getState().run.points.filter(({ state }) => state === 'finished').length > 10,
    null,
    { timeout: 600_000 },
  );
  const pressed = Date.now();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await idle();
  console.log(`stopped in ${Date.now() - pressed} ms`);
  await atRest('stopped');
  await start.click();
  await page.waitForFunction(() => globalThis.bitcurve.store.getState().activity !== 'idle');
  const { finished, points } = await atRest('finished');
  if (finished !== points) faults.push(`${finished} of ${points} points are measured`);
  const [picture] = process.argv.slice(2);
  if (picture) await page.screenshot({ path: picture, fullPage: true });
});

for (const fault of faults) console.error(fault);
process.exitCode = faults.length ? 1 : 0;
