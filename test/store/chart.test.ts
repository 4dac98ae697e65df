/** What the chart draws: curves, axes, ticks. */
import { describe, expect, it } from 'vitest';
import { curves, highestPerplexity, referenceValue } from '../../src/store/curves';
import { xFrame, yFrame } from '../../src/store/frame';
import { shownPoints } from '../../src/store/range';
import { emptyRun, foldEvents, type PointView } from '../../src/store/runView';
import { linearAxis, logAxis } from '../../src/store/ticks';
import { sampleLog } from './sampleLog';

const log = sampleLog();
const view = foldEvents(emptyRun, log);

describe('the vertical axis', () => {
  it('shows at least 5 % around full precision and its whole band', () => {
    const reference = { mean: 20, low: 17, high: 20.5 };
    const { domain } = yFrame([], reference, 'perplexity', 'log');
    expect(domain[0]).toBeLessThanOrEqual(17);
    expect(domain[1]).toBeGreaterThanOrEqual(21);
    expect(yFrame([], { mean: 0, low: 0, high: 0 }, 'kld', 'log').domain.every(Number.isFinite)).toBe(true);
    expect(yFrame([], { mean: 0, low: 0, high: 0 }, 'lnRatio', 'linear').domain[1]).toBeGreaterThanOrEqual(0.05);
  });
});

describe('curves', () => {
  it('are one per method, sorted by size, without the reference', () => {
    const found = curves(view.points, 'bits', 'perplexity', 'log');
    expect(found.map(({ key }) => key)).toEqual(['rtn/32', 'gptq/32']);
    for (const { points } of found) expect(points.map(({ x }) => x)).toEqual([2.25, 3.25, 4.25, 5.25, 6.25, 8.25]);
  });

  it('clamp what no chart can show, and say so', () => {
    const broken = view.points.map((point): PointView =>
      point.id === 'rtn-2'
        ? { ...point, values: { ...point.values, lnRatio: { mean: Infinity, low: 20, high: Infinity } } }
        : point,
    );
    const point = curves(broken, 'bits', 'perplexity', 'log')[0]?.points[0];
    expect(point).toMatchObject({ y: highestPerplexity, clamped: true });
    expect(point?.error.every(Number.isFinite)).toBe(true);
  });

  it('carry the interval over calibration texts on axes that were measured with several', () => {
    const drawn = view.points.map((point): PointView =>
      point.id === 'gptq-3'
        ? { ...point, values: { ...point.values, lnRatio: { mean: 0.2, low: 0.1, high: 0.3 } }, redrawn: [0.4] }
        : point,
    );
    const at = (y: 'perplexity' | 'lnRatio' | 'kld') =>
      curves(drawn, 'bits', y, 'linear')
        .flatMap(({ points }) => points)
        .filter(({ redrawn }) => redrawn !== null);
    // Two texts: 0.3 ± 12.7062 · 0.1414 / √2; perplexities are 6.2 times the ratios.
    const [low, high] = [0.3 - 1.27062, 0.3 + 1.27062];
    expect(at('lnRatio').map(({ id, redrawnError }) => [id, redrawnError])).toEqual([
      ['gptq-3', [expect.closeTo(0.2 - low, 4), expect.closeTo(high - 0.2, 4)]],
    ]);
    expect(at('perplexity')[0]?.redrawn?.high).toBeCloseTo(6.2 * Math.exp(high), 3);
    expect(at('kld')).toEqual([]);
    const shown = shownPoints(curves(drawn, 'bits', 'lnRatio', 'linear'), [0, 1], [2, 9]);
    const bar = [...shown.values()].flat().find(({ id }) => id === 'gptq-3')?.redrawnError;
    expect(bar).toEqual([expect.closeTo(0.2), expect.closeTo(0.8)]);
  });

  it('leave out what a log axis cannot hold', () => {
    const zero = view.points.map((point): PointView =>
      point.id === 'gptq-8'
        ? { ...point, values: { ...point.values, lnRatio: { mean: -1e-4, low: -3e-4, high: 1e-4 } } }
        : point,
    );
    const ids = (scale: 'log' | 'linear') =>
      curves(zero, 'bits', 'lnRatio', scale).flatMap(({ points }) => points.map(({ id }) => id));
    expect(ids('linear')).toContain('gptq-8');
    expect(ids('log')).not.toContain('gptq-8');
  });

  it('have a reference: the full-precision perplexity, or zero', () => {
    expect(referenceValue(view.points, 'perplexity')?.mean).toBeCloseTo(6.2);
    expect(referenceValue(view.points, 'kld')).toEqual({ mean: 0, low: 0, high: 0 });
    expect(referenceValue([], 'kld')).toBeNull();
  });
});

describe('axes', () => {
  it('do not move sideways while points come in', () => {
    const bits = [8, 6, 5, 4, 3, 2];
    const start = xFrame([], 'bits', bits, view.model);
    expect(xFrame(curves(view.points, 'bits', 'perplexity', 'log'), 'bits', bits, view.model)).toEqual(start);
    expect(start.ticks).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('hold every point and the reference', () => {
    for (const y of ['perplexity', 'lnRatio', 'kld'] as const) {
      for (const scale of ['log', 'linear'] as const) {
        const found = curves(view.points, 'bits', y, scale);
        const { domain, ticks } = yFrame(found, referenceValue(view.points, y), y, scale);
        for (const { points } of found) {
          for (const point of points) {
            expect(point.y).toBeGreaterThanOrEqual(domain[0]);
            expect(point.y).toBeLessThanOrEqual(domain[1]);
          }
        }
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.every((t) => t >= domain[0] && t <= domain[1])).toBe(true);
      }
    }
  });

  it('have ticks that people would choose', () => {
    expect(linearAxis(0, 2.3).ticks).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect(logAxis(6, 60).ticks).toEqual([10, 20, 50]);
    expect(logAxis(2.2, 10.4).ticks).toEqual([3, 5, 7, 10]);
    expect(logAxis(1, 1e5).ticks).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
    expect(logAxis(6.19, 6.25).ticks.length).toBeGreaterThanOrEqual(3);
    expect(linearAxis(3, 3).ticks.length).toBeGreaterThanOrEqual(2);
  });
});

describe('the horizontal axis', () => {
  it('has room for half a marker where a point stands on its last tick', () => {
    const [curve] = curves(view.points, 'bits', 'perplexity', 'log');
    const [point] = curve?.points ?? [];
    if (!curve || !point) throw new Error('the sample has a curve');
    const { domain, ticks } = xFrame([{ ...curve, points: [point, { ...point, x: 9 }] }], 'bits', [2, 8], null);
    expect(ticks.at(-1)).toBe(9);
    expect(domain[1]).toBeGreaterThan(9.05);
  });
});
