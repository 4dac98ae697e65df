/** What is made of the scores of tokens. */
import { describe, expect, it } from 'vitest';
import { isValueName } from '../../src/log/link/limits';
import { measures, valueMetas } from '../../src/measures/catalog';
import { measureFiles, measuring, Measurement } from '../../src/measures/gather';
import { confidence } from './toy/confidence';
import { confidence as confidenceMeta } from './toy/confidence.meta';

const text = { bytesPerToken: 4 };
const window = (values: number[]) => Float32Array.from(values);

describe('measurement', () => {
  it('pairs with the reference: a constant gap has no spread', () => {
    const base = new Measurement('full-precision', text, null);
    const point = new Measurement('rtn-3', text, base);
    for (const values of [
      [1, 5, 2, 4],
      [3, 1, 0.5, 2],
    ]) {
      base.add({ nll: window(values) });
      point.add({
        nll: window(values.map((v) => v + 0.25)),
        kld: window([0, 0.5, 1, 0.5]),
        agree: window([1, 1, 0, 1]),
      });
    }
    const { values } = point.measured();
    expect(values['lnRatio']).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
    expect(values['kld']?.mean).toBe(0.5);
    expect(values['top1']?.mean).toBe(0.75);
    expect(values['top1']?.high).toBeLessThanOrEqual(1);
    expect(Math.log(values['perplexity']?.mean ?? NaN)).toBeCloseTo(18.5 / 8 + 0.25, 12);
    expect(values['bitsPerByte']?.mean).toBeCloseTo((18.5 / 8 + 0.25) / Math.LN2 / 4, 12);
    const { windows, tokens, values: own } = base.measured();
    expect({ windows, tokens, own: Object.keys(own) }).toEqual({
      windows: 2,
      tokens: 8,
      own: ['perplexity', 'bitsPerByte'],
    });
  });

  it('names the point, window and token of a loss that is not finite', () => {
    const base = new Measurement('full-precision', text, null);
    base.add({ nll: window([1, 2]) });
    expect(() => base.add({ nll: window([1, NaN]) })).toThrow(
      /full-precision: the loss of token 1 in window 1 is not finite/,
    );
  });
});

describe('the measures', () => {
  const scores = {
    nll: window([1, 2, 0.5, 3]),
    kld: window([0.1, 0, 0.2, 0.4]),
    agree: window([1, 1, 0, 1]),
  };

  it('tell what their metas say, and full precision what compares with nothing', () => {
    const base = new Measurement('full-precision', text, null);
    base.add({ nll: scores.nll });
    const point = new Measurement('rtn-3', text, base);
    point.add(scores);
    const ofTexts = valueMetas.filter(({ shown }) => shown === 'table' || shown === 'file');
    expect(Object.keys(point.measured().values)).toEqual(ofTexts.map(({ name }) => name));
    const alone = ofTexts.filter(({ against }) => against === 'nothing');
    expect(Object.keys(base.measured().values)).toEqual(alone.map(({ name }) => name));
    expect(point.byBlock()).toEqual({});
  });

  it('tell how often tokens go to other experts, over all blocks and block by block', () => {
    const point = new Measurement('rtn-3', text, null);
    const rerouted = (...changed: readonly number[][]) => new Map(changed.map((of, i) => [2 * i, Uint8Array.from(of)]));
    point.add({ ...scores, rerouted: rerouted([0, 1, 0, 0], [0, 1, 1, 1]) });
    point.add({ ...scores, rerouted: rerouted([0, 0, 0, 0], [1, 1, 1, 1]) });
    expect(point.measured().values['rerouted']?.mean).toBe(8 / 16);
    const { rerouted: blocks = [] } = point.byBlock();
    expect(blocks.map(({ block, mean }) => [block, mean])).toEqual([
      [0, 1 / 8],
      [2, 7 / 8],
    ]);
    for (const { low, mean, high } of blocks) {
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThan(mean);
      expect(high).toBeGreaterThan(mean);
      expect(high).toBeLessThanOrEqual(1);
    }
  });

  it('are found by their files: one that is added is told with the others', () => {
    const made = measuring([...measures, confidenceMeta], { ...measureFiles, './confidence.ts': { confidence } });
    const point = new Measurement('full-precision', text, null, made);
    point.add(scores);
    expect(point.measured().values['confident']?.mean).toBe(0.25);
    expect(() => measuring([{ ...confidenceMeta, name: 'missing' }], measureFiles)).toThrow(
      /src\/measures\/missing.ts/,
    );
  });

  it('have names that logs and links take, each once', () => {
    const names = valueMetas.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(isValueName(name), name).toBe(true);
    }
  });
});
