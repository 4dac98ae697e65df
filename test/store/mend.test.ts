/** What a click on a reason changes, and the set to begin with. */
import { describe, expect, it } from 'vitest';
import { findMethod, recipes } from '../../src/quant/recipe/recipes';
import { goodStart } from '../../src/store/goodStart';
import { worstLayers } from '../../src/store/layerMap';
import { matrixView } from '../../src/store/combinations';
import { chosenMethods, remedy, unfit } from '../../src/store/plan';
import { emptyRun, foldEvents, type PointView } from '../../src/store/runView';
import { startingSetup } from '../../src/store/state';
import { sampleMatrixLog } from './sampleMatrix';
import { sampleLog } from './sampleLog';

describe('a remedy', () => {
  const forms = [null, 32, 128].flatMap((group) =>
    (['shared', 'sequential'] as const).flatMap((mode) =>
      [[2], [3, 4], [5, 6, 7, 8]].map((widths) => ({ group, mode, widths })),
    ),
  );

  it('makes every method of the catalog fit, whatever the form, and says what it chooses', () => {
    let mended = 0;
    for (const method of recipes) {
      for (const form of forms) {
        const found = remedy(method, form);
        expect(found === null).toBe(unfit(method, form) === null);
        if (!found) continue;
        mended++;
        expect(unfit(method, { ...form, ...found.change }), `${method.name} ${found.label}`).toBeNull();
        expect(found.label).toMatch(/^Choose \S/);
        // What was chosen stays.
        expect(found.change.widths ?? form.widths).toEqual(expect.arrayContaining(form.widths));
      }
    }
    expect(mended).toBeGreaterThan(100);
  });
});

describe('the good start', () => {
  it('is five methods of the catalog that run as the form opens', () => {
    expect(goodStart).toHaveLength(5);
    for (const name of goodStart) expect(findMethod(name), name).toBeDefined();
    expect(chosenMethods({ ...startingSetup, methods: goodStart }, recipes)).toHaveLength(5);
  });
});

describe('the worst layers', () => {
  it('are those that lost the largest share of their output, worst first', () => {
    const { layers } = foldEvents(emptyRun, sampleLog());
    const worst = worstLayers(layers.filter(({ point }) => point === 'rtn-3'));
    // The sample's loss grows with block and site.
    expect(worst.map(({ site }) => site)).toEqual([
      'decoder.1.mlp.down',
      'decoder.1.mlp.gate-up',
      'decoder.0.mlp.down',
      'decoder.1.attention.output',
      'decoder.0.mlp.gate-up',
    ]);
    expect(worstLayers(layers.map((layer) => ({ ...layer, energy: null })))).toEqual([]);
  });
});

describe('the matrix of one size', () => {
  const run = foldEvents(emptyRun, sampleMatrixLog());
  const { points } = run;
  const form = { group: null, symmetric: false, mode: 'shared' } as const;
  const measured = (all: readonly PointView[], compared: 'all' | 'same-size') =>
    matrixView(3, form, { ...run, points: all }, compared)
      .cells.flat()
      .filter(({ lnRatio }) => lnRatio);

  it('marks cells that store more than most, and ranks and shades without them', () => {
    const cells = measured(points, 'same-size');
    const larger = cells.filter(({ extraBits }) => extraBits !== null);
    expect(larger.length).toBeGreaterThan(0);
    expect(larger.length).toBeLessThan(cells.length);
    for (const { shade, rank } of larger) expect([shade, rank]).toEqual([null, null]);
    expect(cells.filter(({ rank }) => rank === 'best' || rank === 'lowest')).toHaveLength(1);
    // Compared with all, they have a shade and keep their mark.
    const all = measured(points, 'all');
    expect(all.filter(({ extraBits }) => extraBits !== null)).toHaveLength(larger.length);
    for (const { shade } of all) expect(shade).not.toBeNull();
  });

  it('calls nothing larger where all store about the same', () => {
    const same = points.map((point) => ({ ...point, size: point.size && { ...point.size, bitsPerWeight: 3.25 } }));
    for (const { extraBits } of measured(same, 'all')) expect(extraBits).toBeNull();
  });
});

describe('names of the matrix', () => {
  it('are those of the literature, and short', () => {
    for (const { known, label } of matrixView(3, { group: null, symmetric: false, mode: 'shared' }, emptyRun).rows) {
      expect(known.length, label).toBeLessThanOrEqual(15);
    }
  });
});
