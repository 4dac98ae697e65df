/** The range worth seeing first, and what lies above it. */
import { describe, expect, it } from 'vitest';
import { curves, referenceValue } from '../../src/store/curves';
import { yFrame } from '../../src/store/frame';
import { partingCeiling, shownPoints } from '../../src/store/range';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { chartSummary } from '../../src/store/summary';
import { big, bigLog } from './bigLog';

const view = foldEvents(emptyRun, bigLog({ ...big, blocks: 1, methods: ['rtn', 'gptq'] }));

describe.each(['perplexity', 'lnRatio', 'kld'] as const)('the near range of %s', (y) => {
  const scale = y === 'lnRatio' ? 'linear' : 'log';
  const found = curves(view.points, 'bits', y, scale);
  const reference = referenceValue(view.points, y);
  const ceiling = partingCeiling(found, y, reference) ?? NaN;

  it('ends at about twice full precision and holds every point below', () => {
    expect(ceiling).toBeCloseTo(y === 'perplexity' ? 12.4 : Math.LN2, 6);
    const { domain } = yFrame(found, reference, y, scale, ceiling);
    // The axis ends at its own round number.
    expect(domain[1]).toBeLessThanOrEqual(ceiling * 1.3);
    for (const { points } of found) {
      for (const point of points) expect(point.y <= ceiling).toBe(point.y <= domain[1]);
    }
  });

  it('marks every point above at the edge, and draws nothing outside', () => {
    const { domain } = yFrame(found, reference, y, scale, ceiling);
    const shown = [...shownPoints(found, domain, [2, 9]).values()].flat();
    const above = shown.filter((point) => point.above !== null);
    expect(above.map(({ id }) => id).sort()).toEqual(['gptq-2', 'rtn-2', 'rtn-3']);
    // Two at one x stand below each other; the one that is nearer to the chart lower.
    expect(above.find(({ id }) => id === 'rtn-2')?.above).toBe(0);
    expect(above.find(({ id }) => id === 'gptq-2')?.above).toBe(1);
    for (const { y: at, error, above: mark } of shown) {
      if (mark !== null || error === null) expect([mark !== null, error]).toEqual([true, null]);
      else {
        expect(at + error[1]).toBeLessThanOrEqual(domain[1] * (1 + 1e-12));
        expect(at - error[0]).toBeGreaterThanOrEqual(domain[0] - Math.abs(domain[0]) * 1e-12);
      }
    }
  });
});

describe('there is no near range', () => {
  it('without a reference, without a point above, and where every point is', () => {
    const of = (bits: readonly number[]) =>
      curves(
        view.points.filter((point) => bits.includes(point.bits)),
        'bits',
        'perplexity',
        'log',
      );
    const reference = referenceValue(view.points, 'perplexity');
    expect(partingCeiling(of([8, 6, 2]), 'perplexity', null)).toBeNull();
    expect(partingCeiling(of([8, 6]), 'perplexity', reference)).toBeNull();
    expect(partingCeiling(of([2]), 'perplexity', reference)).toBeNull();
    expect(partingCeiling(of([8, 2]), 'perplexity', reference)).not.toBeNull();
  });
});

describe('the chart in words', () => {
  it('says every curve from end to end, and its run', () => {
    const found = curves(view.points, 'bits', 'perplexity', 'log', { label: (m) => m.toUpperCase(), run: 'first' });
    expect(found.map(({ key }) => key)).toEqual(['first/rtn/32', 'first/gptq/32']);
    const words = chartSummary(found, referenceValue(view.points, 'perplexity'), 'bits/weight');
    expect(words).toBe(
      'full precision: 6.200; RTN, first: 6.209 at 8.25 to 152.1 at 2.25 bits/weight; GPTQ, first: 6.206 at 8.25 to 52.35 at 2.25 bits/weight.',
    );
    expect(chartSummary([], null, '')).toBe('Nothing is measured yet.');
  });
});
