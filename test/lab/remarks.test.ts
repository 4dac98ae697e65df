/** What is said of texts that are not what one would think. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rawWikiText, shortSupply } from '../../src/lab/remarks';
import { testGpu } from '../gpu';
import { collect, labGoldens, point, textOfIds, tinyInput, tinySettings } from './tiny';

describe('texts with fewer tokens than were asked for', () => {
  it('are told where a whole window is missing, and only there', () => {
    const supply = { label: 'short.txt', windows: 2, context: 64 };
    expect(shortSupply('calibration', { ...supply, asked: 100_000 })?.text).toMatch(
      /^short.txt has 2 whole windows of 64 tokens, 128 in all, and 100000 were asked for\. .*longer text\.$/,
    );
    expect(shortSupply('evaluation', { ...supply, asked: 192 })?.about).toBe('evaluation');
    for (const asked of [null, 1, 128, 191]) expect(shortSupply('calibration', { ...supply, asked })).toBe(null);
  });

  it('are told by a run, in its log', async () => {
    const short = textOfIds(labGoldens.ids.slice(0, 60), 'short.txt');
    const settings = tinySettings([point('gptq', 3)], { calibrationTokens: 1000 });
    const events = await collect(await tinyInput(await testGpu(), settings, { calibration: short }));
    expect(events.filter(({ type }) => type === 'remarked')).toMatchObject([
      { about: 'calibration', text: expect.stringContaining('short.txt has 2 whole windows of 24 tokens') as string },
    ]);
    const first = (wanted: string) => events.findIndex(({ type }) => type === wanted);
    expect(first('remarked')).toBeLessThan(first('point-started'));
  });
});

describe('WikiText', () => {
  const rows = [
    '',
    ' = Robert Boulter = \n',
    '',
    ' Robert Boulter is an actor . \n',
    ' = = Career = = \n',
    '',
    ' = Du Fu = \n',
  ];
  const remark = (text: string, protocol: 'gptq' | 'llama.cpp' = 'gptq') => rawWikiText(protocol, { label: 'w', text });

  it('in one file is told apart from rows joined by blank lines, under the protocol that it matters to', () => {
    expect(remark(rows.map((row) => row || ' \n').join(''))?.about).toBe('evaluation');
    expect(remark(rows.join('\n\n'))).toBe(null);
    expect(remark(rows.join(''), 'llama.cpp')).toBe(null);
    expect(remark('A sum:\n a = b = c\n and more text.\n'.repeat(9))).toBe(null);
  });

  const file = join(resolve(import.meta.dirname, '../../../shared/data/text'), 'wiki.test.raw');
  if (existsSync(file)) {
    it('is known by its own file', () => {
      expect(remark(readFileSync(file, 'utf8'))?.text).toContain('looks like WikiText');
    });
  }
});
