/** The table as Markdown, and an ln ratio as a share. */
import { describe, expect, it } from 'vitest';
import { toMarkdown } from '../../src/store/exports';
import { lossPercent } from '../../src/store/format';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { sampleLog } from './sampleLog';

const view = foldEvents(emptyRun, sampleLog());

describe('the table as Markdown', () => {
  it('has a line of what was measured, a head, and a row per measured point with as many cells', () => {
    const [of, , head = '', rule = '', ...rows] = toMarkdown(view.points, view.about, (m) => m.toUpperCase())
      .trimEnd()
      .split('\n');
    expect(of).toBe('sample-260K, Stories (evaluation), protocol gptq, context 256');
    const cells = (row: string) => row.split('|').length;
    expect(cells(rule)).toBe(cells(head));
    expect(rows).toHaveLength(13);
    for (const row of rows) expect(cells(row)).toBe(cells(head));
    expect(rows[0]).toMatch(/^\| Full precision \|/);
    expect(rows.at(-1)).toMatch(/^\| GPTQ \| 2 \| 32 \| 2\.250 \|.*\| × 2\.4 \|/);
  });

  it('has a column of operations where some point has any', () => {
    const running = view.points.map((point, i) =>
      i === 2 && point.size ? { ...point, size: { ...point.size, operations: 4096 } } : point,
    );
    const [head, , ...rows] = toMarkdown(running, null, (m) => m)
      .trimEnd()
      .split('\n')
      .map((row) => row.split('|').map((cell) => cell.trim()));
    const at = head?.indexOf('Operations a token') ?? -1;
    expect(head?.[at - 1]).toBe('MB');
    expect(rows.map((row) => row[at])).toEqual(rows.map((_, i) => (i === 2 ? '4,096' : '')));
    for (const row of rows) expect(row).toHaveLength(head?.length ?? 0);
  });

  it('lets no name break the table or become markup', () => {
    const evil = view.points.slice(1, 2).map((point) => ({ ...point, method: 'a|b\n[c](http://x) <i>' }));
    const rows = toMarkdown(evil, null, (m) => m)
      .trimEnd()
      .split('\n');
    expect(rows).toHaveLength(3);
    expect(rows[2]).toContain(String.raw`| a\|b \[c\](http://x) \<i\> |`);
  });
});

describe('an ln ratio as a share of the perplexity', () => {
  it.each([
    [Math.log(1.014), '+1.4 %'],
    [Math.log(1.27), '+27 %'],
    [Math.log(3.3), '× 3.3'],
    [Math.log(0.9995), '−0.05 %'],
    [1e-6, '±0 %'],
    [0, '±0 %'],
    [Infinity, '∞'],
  ])('%f is %s', (lnRatio, said) => {
    expect(lossPercent(lnRatio)).toBe(said);
  });
});
