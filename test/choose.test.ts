/** What `npm test` runs: both tiers together are all tests, none is in both, and a path finds its runner. */
import { describe, expect, it } from 'vitest';
import { chooseFiles } from './choose.mjs';

const filesOf = (...args: string[]) => chooseFiles(args).flatMap(({ files }) => files);

describe('the tiers', () => {
  it('are all tests, each once', () => {
    const tiers = [...filesOf(), ...filesOf('--tier', 'long')];
    expect(new Set(tiers).size).toBe(tiers.length);
    expect(tiers.toSorted()).toEqual(filesOf('test').toSorted());
    expect(filesOf('--tier', 'full')).toEqual(tiers);
  });

  it('are told apart by the names of files', () => {
    expect(filesOf().filter((file) => file.includes('long'))).toEqual([]);
    expect(filesOf('--tier', 'long').filter((file) => !file.includes('long'))).toEqual([]);
  });
});

describe('a path', () => {
  it('runs its file, whatever its tier', () => {
    const [file, long] = ['test/choose.test.ts', 'test/quant/scale.long.test.ts'];
    expect(chooseFiles([file, long, file])).toEqual([{ runner: 'vitest', files: [file, long] }]);
    expect(chooseFiles(['test/e2e/link.spec.ts'])).toEqual([
      { runner: 'playwright', files: ['/test/e2e/link\\.spec\\.ts$'] },
    ]);
  });

  it('may be a folder', () => {
    expect(filesOf('test/e2e').length).toBeGreaterThan(5);
    expect(chooseFiles(['test/e2e', 'test/lab']).map(({ runner }) => runner)).toEqual(['vitest', 'playwright']);
  });
});
