/** Registers the first thing that anybody does: a folder is dropped, Run is pressed, curves are there. */
import { configure, dropPaths, expect, openDemo, points, results, runButton, small, test, untilStatus } from './lab';

export function testDrop(folder: string): void {
  test(`dropping the folder ${folder.split('/').at(-1)} and pressing Run draws a curve`, async ({ page }) => {
    await openDemo(page);
    await dropPaths(page, [folder]);
    const name = folder.split('/').at(-1) ?? '';
    await expect(page.locator('.card-name')).toContainText(name);
    await expect(page.locator('.card')).toContainText('llama');
    await configure(page, small);
    await runButton(page).click();
    await untilStatus(page, 'finished');
    // Points far above full precision are arrows at the edge until all are asked for; of some models there are none.
    await expect(page.locator('.recharts-scatter-symbol')).toHaveCount(4);
    const everything = page.getByRole('button', { name: 'Show all points' });
    // Two curves of two points, with an interval each, and the line of full precision.
    await expect(page.locator('.recharts-scatter')).toHaveCount(2);
    await expect(async () => {
      if (await everything.isVisible()) await everything.click();
      await expect(page.locator('.recharts-errorBar')).toHaveCount(4, { timeout: 1000 });
    }).toPass();
    await expect(page.locator('.recharts-reference-line-line')).toHaveCount(1);
    await expect(results(page).getByRole('row')).toHaveCount(1 + 5);
    const all = await points(page);
    expect(all.every(({ state, values }) => state === 'finished' && (values['perplexity']?.mean ?? 0) > 1)).toBe(true);
    await expect(page.getByRole('table', { name: /^Layers of / }).getByRole('row')).not.toHaveCount(1);
  });
}
