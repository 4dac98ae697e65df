/** What people read: digits that mean something, sizes in one form. */
import { describe, expect, it } from 'vitest';
import type { ModelCard } from '../../src/model/card';
import { describeCard, describeEvent } from '../../src/cli/print';
import { madeUpResult, plannedPoints } from '../lab/shared';
import { present } from '../../src/util/assert';

const cells = (perplexity: number, half: number): readonly string[] => {
  const result = {
    ...madeUpResult(present(plannedPoints(1)[0], 'point')),
    values: { perplexity: { mean: perplexity, low: perplexity - half, high: perplexity + half } },
  };
  return (describeEvent({ type: 'point-finished', result }) ?? '').split(/\s+/);
};

describe('print', () => {
  it.each([
    [491.868, 143, '491.9', '140'],
    [5.4701, 0.0312, '5.470', '0.031'],
    [123_456, 20_000, '123500', '20000'],
    [12, 1.96, '12.00', '2.0'],
  ])('%d ± %d', (perplexity, half, first, second) => {
    expect(cells(perplexity, half)).toEqual(expect.arrayContaining([first, second]));
    expect(cells(perplexity, half).join(' ')).toContain(`${first} ${second}`);
  });

  it('gives every size in megabytes with two decimals', () => {
    const card: ModelCard = {
      name: 'm',
      architecture: 'llama',
      parameters: 260_032,
      linearParameters: 1,
      dtypes: ['F32'],
      bytes: 1_040_128,
      layers: 1,
      hidden: 1,
      heads: 1,
      keyValueHeads: 1,
      vocabulary: 2,
      maxContext: 2,
      tiedEmbeddings: true,
      blocks: [{ name: 'embedding', parameters: 260_032, bytes: 1_040_128 }],
      verdict: { kind: 'fits', reason: 'small' },
      fingerprint: 'f',
      remarks: ['no tokenizer'],
    };
    const lines = describeCard(card).split('\n');
    expect(lines.filter((line) => line.endsWith(' 1.04 MB')).length).toBe(2);
    expect(lines).toContain('  remark         no tokenizer');
    expect(lines).toContain('  width          1, 1 heads, 1 of keys and values');
    // A model without attention has none.
    expect(describeCard({ ...card, heads: 0, keyValueHeads: 0 }).split('\n')).toContain('  width          1');
  });
});
