/** The combination matrix: which cells there are, why others are not, what a run fills in, and that a link holds it. */
import { describe, expect, it } from 'vitest';
import { describeMatrix } from '../../src/cli/combinations';
import { decodePermalink, encodePermalink } from '../../src/log/link/permalink';
import { sharedRun } from '../../src/log/link/sharedRun';
import { piecesOf } from '../../src/quant/recipe/catalog';
import { combinationMatrix, isMatrixMethod, matrixLabel } from '../../src/quant/recipe/combinations';
import { parseRecipe } from '../../src/quant/recipe/parseRecipe';
import { curves } from '../../src/store/curves';
import { matrixView, matrixWidth, planMatrix, shades } from '../../src/store/combinations';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { startingSetup } from '../../src/store/state';
import { sampleMatrixLog } from './sampleMatrix';
import { recipeAt } from '../../src/quant/recipe/assignment';
import type { Estimate, Values } from '../../src/log/events';

const log = sampleMatrixLog();
const run = foldEvents(emptyRun, log);
const form = { group: null, symmetric: false, mode: 'shared' } as const;

const mapped = (values: Values, change: (value: Estimate) => Estimate): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

describe('the combination matrix', () => {
  it('has none and every transform down, every rounding with and without corrections across', () => {
    const { rows, columns, cells } = combinationMatrix({ bits: 3, group: 64 });
    expect(rows[0]?.key).toBe('none');
    for (const { name } of piecesOf('transform')) expect(rows.map(({ key }) => key)).toContain(name);
    expect(columns.length).toBe(piecesOf('rounding').length * (1 + piecesOf('correction').length));
    expect(cells.every((row) => row.length === columns.length)).toBe(true);
    const ids = cells.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('matrix:rotate+compensate+lowRank-3');
  });

  it('holds recipes as the parser makes them, at the width, group and symmetry', () => {
    for (const { recipe } of combinationMatrix({ bits: 4, group: 32, symmetric: true }).cells.flat()) {
      if (!recipe) continue;
      expect(parseRecipe(recipe)).toEqual(recipe);
      expect(recipe.grid).toMatchObject({ name: 'uniform', bits: 4, group: 32, symmetric: true });
    }
  });

  it('says why a pair cannot be, in words without a path', () => {
    const { cells } = combinationMatrix({ bits: 3, group: null });
    const permuted = cells.flat().find(({ method }) => method === 'matrix:permute+nearest');
    expect(permuted).toMatchObject({
      recipe: null,
      reason: 'nearest rounding on whole rows does not depend on column order',
    });
    const crossed = combinationMatrix({ bits: 3, group: 64, cross: 'missing' }).cells.flat();
    expect(crossed.find(({ method }) => method === 'matrix:asymmetric')?.reason).toMatch(/sequential/);
  });

  it('names its methods for people, and leaves names that it does not know', () => {
    expect(isMatrixMethod('matrix:nearest')).toBe(true);
    expect(isMatrixMethod('rtn')).toBe(false);
    expect(matrixLabel('matrix:permute+compensate+magic')).toBe('Column order + Compensate + magic');
  });

  it('plans every possible cell once, with the form’s measurement', () => {
    const settings = planMatrix({ ...startingSetup, group: 64, head: 6 }, 3);
    const { possible } = matrixView(3, { ...form, group: 64 }, emptyRun);
    expect(settings.points.length).toBe(possible);
    expect(settings).toMatchObject({ context: startingSetup.context, mode: 'shared' });
    const { assignment } = settings.points[0] ?? {};
    expect(assignment && recipeAt(assignment, 'head')?.grid).toMatchObject({ name: 'uniform', bits: 6 });
  });

  it('fills in what a run measured: values, shades from least to most, and the least by name', () => {
    expect(matrixWidth({ matrixBits: null, run })).toBe(3);
    const view = matrixView(3, form, run);
    // The group of the run, not that of the form.
    expect(view.group).toBe(64);
    expect(view.finished).toBe(view.possible);
    const cells = view.cells.flat().filter(({ lnRatio }) => lnRatio);
    const sorted = [...cells].sort((a, b) => (a.lnRatio?.mean ?? 0) - (b.lnRatio?.mean ?? 0));
    expect(sorted[0]).toMatchObject({ shade: 0, rank: 'best' });
    expect(sorted.at(-1)?.shade).toBe(shades - 1);
    const falls = sorted.some(({ shade }, i) => (shade ?? 0) < (sorted[i - 1]?.shade ?? 0));
    expect(falls).toBe(false);
    expect(matrixView(4, form, run)).toMatchObject({ finished: 0, range: null, group: null });
  });

  it('marks what cannot be told apart from the least', () => {
    const wide = run.points.map((point) => ({
      ...point,
      values: mapped(point.values, (value) => ({ ...value, low: -1, high: 9 })),
    }));
    const ranks = matrixView(3, form, { ...run, points: wide })
      .cells.flat()
      .map(({ rank }) => rank);
    expect(ranks.filter((rank) => rank === 'lowest').length).toBe(1);
    expect(ranks.filter((rank) => rank === 'tied').length).toBeGreaterThan(3);
    expect(ranks).not.toContain('best');
  });

  it('is one cloud in the chart', () => {
    const found = curves(run.points, 'bits', 'lnRatio', 'linear');
    expect(found.map(({ method }) => method)).toEqual(['combinations']);
    expect(found[0]?.points.length).toBe(run.points.length - 1);
  });

  it('goes into a link and comes back', async () => {
    const shared = sharedRun(log);
    if (!shared) throw new Error('nothing to share');
    const link = await encodePermalink(shared);
    // Browsers and chats take links of some thousand characters.
    expect(link.length).toBeLessThan(6000);
    const back = await decodePermalink(link);
    expect(back.settings).toEqual(shared.settings);
    expect(back.results.map(({ id }) => id)).toEqual(shared.results.map(({ id }) => id));
  });

  it('prints as a table: a line a transform, reasons below', () => {
    const matrix = combinationMatrix({ bits: 3, group: null, cross: 'missing' });
    const finished = log.at(-1);
    const lines = describeMatrix(matrix, finished?.type === 'run-finished' ? finished.points : []).split('\n');
    expect(lines[0]).toMatch(/^ln ratio\s+nearest\s/);
    expect(lines[1]).toMatch(/^none\s+0\.\d{3} ±0\.\d{3}/);
    expect(lines.find((line) => line.startsWith('permute'))).toContain('(');
    // Each reason once: of the form, of two pieces that do not go together, of the columns.
    const reasons = lines.filter((line) => line.includes('not possible:'));
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons.join('\n')).toMatch(/needs sequential calibration/);
    expect(reasons.join('\n')).toMatch(/a fused rotation turns every column/);
    expect(reasons.join('\n')).toMatch(/column order/);
    const table = lines.slice(0, 1 + matrix.rows.length);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
  });
});
