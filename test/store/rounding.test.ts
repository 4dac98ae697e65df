/** A rounding on the page: the fold over its events, the table and the curves, and what is done when it is stopped or fails. */
import { describe, expect, it } from 'vitest';
import type { RoundingEvent } from '../../src/log/rounding';
import { catalog } from '../../src/quant/recipe/catalog';
import { recipes } from '../../src/quant/recipe/recipes';
import { createLab } from '../../src/store/lab';
import { roundMatrices, stopRounding } from '../../src/store/rounding';
import { familiesOf, shadeOf, sortedMatrices, totalCurves } from '../../src/store/roundingTable';
import { emptyRounding, foldRounding, roundingTotals } from '../../src/store/roundingView';
import { plainCurves } from '../../src/quant/recipe/plainMethods';
import { Cancelled, GpuError } from '../../src/util/errors';
import type { AskOptions, Engine } from '../../src/worker/client';
import type { Operations } from '../../src/worker/protocol';
import { points, sampleRounding } from './sampleRounding';

const view = foldRounding(emptyRounding, sampleRounding);

describe('the view', () => {
  it('has a row a matrix, in whatever batches the events come', () => {
    const oneByOne = sampleRounding.reduce((so, event) => foldRounding(so, [event]), emptyRounding);
    expect(oneByOne).toEqual(view);
    expect(view.matrices.map(({ tensor, at }) => [tensor, [...at.keys()]])).toEqual([
      ['a.weight', ['rtn-4', 'rtn-2']],
      ['b.weight', ['rtn-4', 'rtn-2', 'q2_k-2']],
    ]);
    expect(view.matrices[1]?.at.get('q2_k-2')).toEqual({ error: 0.01, used: 'iq4_nl' });
    expect(view).toMatchObject({ status: 'running', done: 0.5, secondsLeft: 3, remarks: ['c.weight holds NaN.'] });
  });

  it('adds up errors by their weight, and sizes with what stays as stored', () => {
    const [four, two, ...rest] = roundingTotals(view);
    expect(four).toMatchObject({ point: 'rtn-4', matrices: 2, bitsPerWeight: 4.25 });
    expect(four?.error).toBeCloseTo(0.07 / 4, 12);
    expect(two?.error).toBeCloseTo(1.7 / 4, 12);
    expect(four?.megabytes).toBeCloseTo((48_000 - 2 * 22_528 + (2 * 64 * 88 * 4.25) / 8) / 1e6, 12);
    // What is not rounded yet has no total.
    expect(rest.map(({ point }) => point)).toEqual(['q2_k-2']);
  });

  it('ends as its events say', () => {
    const end = (event: RoundingEvent) => foldRounding(view, [event]);
    expect(end({ type: 'rounding-stopped', secondsElapsed: 2 })).toMatchObject({
      status: 'stopped',
      secondsElapsed: 2,
    });
    expect(end({ type: 'rounding-finished', totals: [], secondsElapsed: 2 })).toMatchObject({
      status: 'finished',
      done: 1,
    });
  });
});

describe('the table', () => {
  it('puts the widths of a method together, and formats of one width', () => {
    const families = familiesOf(points, recipes);
    expect(families.map(({ label }) => label)).toEqual(['RTN', 'RTN, mse clip', 'HQQ', 'Formats of one width']);
    expect(families[0]?.columns).toEqual([
      { point: 'rtn-4', label: '4 bits' },
      { point: 'rtn-2', label: '2 bits' },
    ]);
    expect(families[3]?.columns[0]).toEqual({ point: 'q2_k-2', label: 'llama.cpp Q2_K' });
  });

  it('sorts by what is lost, and shades what loses more than all together', () => {
    const order = (point: string | null) => sortedMatrices(view.matrices, point).map(({ tensor }) => tensor);
    expect(order(null)).toEqual(['a.weight', 'b.weight']);
    expect(order('rtn-4')).toEqual(['b.weight', 'a.weight']);
    expect([0.5, 1, 2, 4, 1000].map((error) => shadeOf(error, 1))).toEqual([0, 0, 2, 4, 7]);
    expect(shadeOf(1, 0)).toBe(0);
  });

  it('gives a curve a method, from the fewest bits up', () => {
    const [rtn, mse] = totalCurves(points, roundingTotals(view), recipes);
    expect(rtn?.points.map(({ x, bits }) => [x, bits])).toEqual([
      [2.25, 2],
      [4.25, 4],
    ]);
    expect(mse?.points).toEqual([]);
  });
});

describe('rounding', () => {
  type Round = (ask: Operations['round']['ask'], options: AskOptions<RoundingEvent>) => Promise<null>;

  function labWith(round: Round) {
    const engine: Engine = {
      ask: (name, ask, options = {}) =>
        name === 'round'
          ? round(ask as Operations['round']['ask'], options)
          : Promise.reject(new Error(`${name} is not asked in this test`)),
    };
    return createLab({ engine, methods: recipes, pieces: catalog });
  }
  const methods = plainCurves(recipes);

  it('asks for the form’s widths, and shows what comes', async () => {
    const lab = labWith((ask, { onEvents }) => {
      expect(ask.points.map(({ id }) => id)).toEqual(['rtn-3', 'rtn-2', 'rtn-mse-3', 'rtn-mse-2', 'hqq-3', 'hqq-2']);
      expect(ask.points[0]?.recipe.grid).toMatchObject({ group: 64, symmetric: true });
      onEvents?.([...sampleRounding, { type: 'rounding-finished', totals: [], secondsElapsed: 2 }]);
      return Promise.resolve(null);
    });
    lab.configure({ widths: [2, 3], group: 64, symmetric: true });
    const rounding = roundMatrices(lab, methods);
    expect(lab.store.getState().activity).toBe('rounding');
    // One at a time.
    await roundMatrices(lab, methods);
    await rounding;
    const { activity, rounding: shown, announcement } = lab.store.getState();
    expect({ activity, status: shown?.status, announcement }).toEqual({
      activity: 'idle',
      status: 'finished',
      announcement: 'Rounding finished.',
    });
    expect(shown?.matrices).toHaveLength(2);
  });

  it('is stopped, and keeps what is rounded', async () => {
    const lab = labWith(
      (_, { signal, onEvents }) =>
        new Promise((_resolve, reject) => {
          onEvents?.(sampleRounding);
          signal?.addEventListener('abort', () => reject(new Cancelled()));
        }),
    );
    const rounding = roundMatrices(lab, methods);
    stopRounding(lab);
    expect(lab.store.getState().rounding?.status).toBe('stopping');
    await rounding;
    expect(lab.store.getState().rounding).toMatchObject({ status: 'stopped', failure: null });
    expect(lab.store.getState().rounding?.matrices).toHaveLength(2);
  });

  it('says why it failed', async () => {
    const lab = labWith(() => Promise.reject(new GpuError('device-lost', 'the device is gone')));
    await roundMatrices(lab, methods);
    expect(lab.store.getState()).toMatchObject({
      activity: 'idle',
      rounding: { status: 'failed', failure: 'the device is gone' },
    });
  });
});
