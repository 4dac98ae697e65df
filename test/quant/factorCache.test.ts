/** What ranges of rows of one site share, and what each has for itself. */
import { expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { testGpu } from '../gpu';

/** Gives the caches names of their own for what is asked of them, and says who made it. */
function asker() {
  let made = 0;
  return (cache: FactorCache, what = 'factor') => cache.remember(what, () => ++made);
}

it('shares what follows from H between ranges of rows, through steps that follow from H', async () => {
  const gpu = await testGpu();
  using scope = gpu.scope('site');
  using later = gpu.scope('second range');
  const ask = asker();
  const site = FactorCache.of(scope);
  const [a, b] = [site.rangeOf(scope, 'rows 0'), site.rangeOf(later, 'rows 64')];
  expect([await ask(a), await ask(b), await ask(a)]).toEqual([1, 2, 1]);
  expect([await ask(a.moment), await ask(b.moment), await ask(site)]).toEqual([3, 3, 3]);
  const moved = [a, b].map((range) => range.under('permute', 'moment')) as [FactorCache, FactorCache];
  expect([await ask(moved[0]), await ask(moved[1])]).toEqual([4, 5]);
  expect([await ask(moved[0].moment), await ask(moved[1].moment)]).toEqual([6, 6]);
  expect(await ask(site.under('permute', 'moment').moment)).toBe(6);
  // A step that follows from W leads to an H of its own, and so do all behind it.
  const scaled = [a, b].map((range) => range.under('scale')) as [FactorCache, FactorCache];
  expect([await ask(scaled[0].moment), await ask(scaled[1].moment)]).toEqual([7, 8]);
  const behind = scaled.map((cache) => cache.under('permute', 'moment')) as [FactorCache, FactorCache];
  expect([await ask(behind[0].moment), await ask(behind[1].moment)]).toEqual([9, 10]);
});

it('keeps numbers of a range as long as the site, and apart from those of others', async () => {
  const gpu = await testGpu();
  using scope = gpu.scope('site');
  const ask = asker();
  const site = FactorCache.of(scope);
  const askRange = async (name: string) => {
    using local = gpu.scope(name);
    const range = site.rangeOf(local, name);
    return [await ask(range.figures, 'loss'), await ask(range.under('permute', 'moment').figures, 'loss')];
  };
  expect(await askRange('rows 0')).toEqual([1, 2]);
  expect(await askRange('rows 64')).toEqual([3, 4]);
  site.trim(0);
  expect(await askRange('rows 0')).toEqual([1, 2]);
  expect(await ask(site.figures, 'loss')).toBe(5);
});
