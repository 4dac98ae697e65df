/** Whether two texts share passages, and whether a text's ids are known by their frequencies alone. */
import { describe, expect, it } from 'vitest';
import { foreignFrom, frequencyEntropy, muchOverlap, overlap } from '../../src/lab/textFacts';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { calibrationText, collect, finished, labGoldens, point, textOfIds, tinyInput, tinySettings } from './tiny';
import { meanOf } from '../meanOf';

const windows = (seed: number, count: number) => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => Uint32Array.from({ length: 64 }, () => rng.integer(500)));
};

describe('texts', () => {
  it('overlap where passages of one stand in the other', () => {
    const evaluation = windows(1, 8);
    expect(overlap(evaluation, windows(2, 100))).toBe(0);
    expect(overlap(evaluation, [...windows(2, 100), ...evaluation])).toBe(1);
    const half = overlap(evaluation, [...windows(2, 10), ...evaluation.slice(0, 4)]);
    expect(half).toBeCloseTo(0.5, 10);
    expect(half).toBeGreaterThan(muchOverlap);
    expect(overlap([Uint32Array.of(1, 2, 3)], evaluation)).toBe(0);
  });

  it('have the entropy of their frequencies', () => {
    expect(frequencyEntropy([Uint32Array.of(9, 4, 4, 4, 4)], 1)).toBe(0);
    // 64 kinds, equally often: ln 64, and the correction for what so short a text does not show.
    const even = [Uint32Array.from({ length: 6400 }, (_, i) => i % 64)];
    expect(frequencyEntropy(even, 0)).toBeCloseTo(Math.log(64) + 63 / 12_800, 10);
    expect(frequencyEntropy([], 0)).toBe(0);
  });

  it('are doubted in the log: a random model knows no text, and a text calibrates its own measurement', async () => {
    const gpu = await testGpu();
    const settings = tinySettings([point('gptq', 4)], { calibrationTokens: 24 * 12 });
    const same = await collect(await tinyInput(gpu, settings, { calibration: textOfIds(labGoldens.ids) }));
    const doubts = same.flatMap((event) => (event.type === 'text-doubted' ? [event] : []));
    expect(doubts.map(({ doubt }) => doubt)).toEqual(['overlap', 'foreign']);
    expect(doubts[0]?.share).toBeGreaterThan(0.5);
    expect(doubts[1]?.share).toBeGreaterThan(foreignFrom);
    const other = await collect(await tinyInput(gpu, settings, { calibration: calibrationText }));
    expect(other.some((event) => event.type === 'text-doubted' && event.doubt === 'overlap')).toBe(false);
  });
});

describe('other parts of the calibration text', () => {
  it('give every calibrated point another result each, and leave the first as it is', async () => {
    const gpu = await testGpu();
    for (const mode of ['shared', 'sequential'] as const) {
      const points = [point('rtn', 3), point('gptq', 3)];
      const settings = tinySettings(points, { mode, calibrationTokens: 72 });
      const once = await collect(await tinyInput(gpu, settings));
      const thrice = await collect(await tinyInput(gpu, { ...settings, calibrationDraws: 3 }));
      const drawn = thrice.flatMap((event) => (event.type === 'calibration-redrawn' ? [event] : []));
      expect(drawn.map(({ point: id, draw }) => [id, draw])).toEqual([
        ['gptq-3', 1],
        ['gptq-3', 2],
      ]);
      const results = finished(thrice);
      expect(results.map(({ hash }) => hash)).toEqual(finished(once).map(({ hash }) => hash));
      // Other inputs, other codes: another loss.
      const losses = [
        meanOf(
          results.find(({ id }) => id === 'gptq-3'),
          'lnRatio',
        ),
        ...drawn.map(({ lnRatio }) => lnRatio),
      ];
      expect(new Set(losses).size).toBe(3);
      // The second part alone is what a run on the text from there gives.
      const later = { ...calibrationText, text: calibrationText.text.slice(72) };
      const second = finished(await collect(await tinyInput(gpu, settings, { calibration: later })));
      expect(drawn[0]?.lnRatio).toBe(
        meanOf(
          second.find(({ id }) => id === 'gptq-3'),
          'lnRatio',
        ),
      );
    }
  });

  it('must be there', async () => {
    const gpu = await testGpu();
    const settings = tinySettings([point('gptq', 3)], { calibrationTokens: 120, calibrationDraws: 3 });
    const events = await collect(await tinyInput(gpu, settings));
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', error: { code: 'text-too-short' } });
  });
});
