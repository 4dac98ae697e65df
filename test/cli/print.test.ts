/** What people read: digits that mean something, sizes in one form. */
import { describe, expect, it } from 'vitest';
import type { ModelCard, TensorsCard } from '../../src/model/card';
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

  it.each([
    [128, '128 operations a token'],
    [2316, '2.3 k operations a token'],
    [12_345_678, '12 M operations a token'],
    [4e9, '4.0 G operations a token'],
  ])('says behind its row that a point runs %i operations', (operations, words) => {
    const made = madeUpResult(present(plannedPoints(1)[0], 'point'));
    const line = (size: typeof made.size) => describeEvent({ type: 'point-finished', result: { ...made, size } }) ?? '';
    expect(line({ ...made.size, operations })).toBe(`${line(made.size)}  + ${words}`);
    expect(line(made.size)).not.toContain('operations');
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

  it('says of what is no model why, and what can be done with it', () => {
    const card: TensorsCard = {
      kind: 'tensors',
      name: 'm',
      architecture: null,
      missing: 'config.json: the architecture is no model_type.',
      tensors: 3,
      parameters: 12_000,
      dtypes: ['BF16', 'F32'],
      bytes: 24_000,
      parts: [{ name: 'encoder.layer.0', tensors: 1, parameters: 12_000, bytes: 24_000 }],
      matrices: { tensors: 2, parameters: 11_264 },
      undecoded: [{ type: 'I32', tensors: 4 }],
      fingerprint: 'f',
    };
    const lines = describeCard(card).split('\n');
    expect(lines).toContain(
      '  cannot run     config.json: the architecture is no model_type. Perplexity cannot be measured.',
    );
    expect(lines).toContain('  parameters     12,000 in 3 tensors');
    expect(lines).toContain('  not decoded    4 tensors of I32');
    expect(lines.join()).toContain('the rounding errors of 2 matrices (11,264 parameters)');
    expect(lines.at(-1)).toMatch(/^ {2}encoder\.layer\.0 +1 tensor +12,000 parameters +0\.02 MB$/);
    const bare = describeCard({ ...card, matrices: { tensors: 0, parameters: 0 } });
    expect(bare).toContain('can be done    nothing: there is no matrix of at least 32 × 32');
  });
});
