/** Other ways to calibrate and to round: what the form asks for, for which models, and that no run with them passes for a usual one. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/log/events';
import { decodePermalink, encodePermalink } from '../../src/log/link/permalink';
import { sharedRun } from '../../src/log/link/sharedRun';
import { fromLog } from '../../src/log/verdict/candidate';
import { waysLine, waysOf } from '../../src/log/ways';
import { groupSize } from '../../src/quant/recipe/parseRecipe';
import { recipes } from '../../src/quant/recipe/recipes';
import { marksOf, whatDiffers } from '../../src/store/beside';
import { planMatrix } from '../../src/store/combinations';
import { planRun } from '../../src/store/plan';
import { recall } from '../../src/store/remember';
import { summaryOf, type ShelfRun } from '../../src/store/runRecord';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { startingSetup } from '../../src/store/state';
import { awqInGroups, possibleWays, withAwqInGroups } from '../../src/store/ways';
import { sampleLog } from './sampleLog';

const setup = { ...startingSetup, methods: ['rtn', 'gptq', 'awq'], widths: [3], variants: {} };
const zeroed = { deadExperts: 'zeroed' } as const;

describe('ways of the form', () => {
  it('are in what is run, and leave nothing where all is as usual', () => {
    const usual = planRun(setup, recipes);
    expect(usual).not.toHaveProperty('variants');
    expect(usual.points.some(({ assignment }) => assignment?.everywhere)).toBe(false);
    const other = planRun({ ...setup, variants: zeroed, sites: 'all', head: 8 }, recipes);
    expect(other.variants).toEqual(zeroed);
    for (const { assignment } of other.points) expect(assignment).toMatchObject({ everywhere: true });
    expect(other.points[0]?.assignment?.except?.map(({ where }) => where)).toEqual(['head']);
    const matrix = planMatrix({ ...setup, variants: zeroed, sites: 'all' }, 3);
    expect(matrix.variants).toEqual(zeroed);
    expect(matrix.points.every(({ assignment }) => assignment === null || assignment.everywhere)).toBe(true);
  });

  it('stay only where the model has what they are about', () => {
    const all = { variants: { ...zeroed, expertBlend: 0, residual: 'dropped' }, sites: 'all' } as const;
    const experts = { count: 8, chosen: 2, shared: false, blocks: 1, activeParameters: 1 };
    const states = { states: 16, channels: 8, heads: 8, blocks: 1 };
    expect(possibleWays({}, all)).toEqual({ variants: {}, sites: 'usual' });
    expect(possibleWays({ experts, stayingParameters: 9 }, all)).toEqual({
      variants: { ...zeroed, expertBlend: 0 },
      sites: 'all',
    });
    expect(possibleWays({ states }, all)).toEqual({ variants: { residual: 'dropped' }, sites: 'usual' });
    expect(possibleWays({ experts, states, stayingParameters: 9 }, all)).toEqual(all);
  });

  it('bring AWQ to groups of 128 beside rows, and back', () => {
    const changed = { ...setup, group: 64, ...withAwqInGroups({ ...setup, methods: ['rtn'] }, true) };
    expect(awqInGroups(changed)).toBe(true);
    expect(changed.methods).toEqual(['rtn', 'awq']);
    const groups = planRun({ ...changed, methods: setup.methods }, recipes).points.map(
      ({ assignment }) => assignment && groupSize(assignment.all),
    );
    expect(groups).toEqual([null, null, 128]);
    const own = { gptq: { 'rounding.damping': 0.02 } };
    const both = { ...setup, overrides: { ...own, awq: { 'grid.group': 128, 'transform.0.search': 'module' } } };
    expect(withAwqInGroups(both, false)).toEqual({ overrides: { ...own, awq: { 'transform.0.search': 'module' } } });
    expect(withAwqInGroups({ ...changed, overrides: changed.overrides }, false)).toEqual({ overrides: {} });
  });

  it('are remembered, but for what is none', () => {
    const found = (form: object) =>
      recall({ getItem: () => JSON.stringify({ setup: form }), setItem: () => undefined }, recipes).setup;
    expect(found({ variants: zeroed, sites: 'all' })).toEqual({ variants: zeroed, sites: 'all', overrides: {} });
    expect(found({ variants: { deadExperts: 'kept' }, sites: 'some' })).toEqual({ overrides: {} });
  });
});

describe('a run that is not as usual', () => {
  const changed = (change: object): RunEvent[] =>
    sampleLog().map((event) =>
      event.type === 'run-started' ? { ...event, settings: { ...event.settings, ...change } } : event,
    );
  const runOf = (log: readonly RunEvent[], name: string | null = null): ShelfRun => {
    const view = foldEvents(emptyRun, log);
    return {
      ...{ id: 'a', name, source: 'live', at: '2026-01-01T00:00:00Z', link: null, size: 1 },
      ...{ summary: summaryOf(view), view, keeping: 'tab', share: null, elsewhere: false },
    };
  };
  const usual = sampleLog();
  const zeros = changed({ variants: zeroed });
  const words = 'experts without tokens zeroed';

  it('says so with its answer, on the list of runs and in the legend', () => {
    expect(fromLog(usual).doubts).toEqual([]);
    expect(fromLog(zeros).doubts[0]).toBe(`Not as usual, to show an effect: ${words}. Compare it with the usual run.`);
    expect(runOf(zeros).summary.on).toContain(`, ${words}`);
    const { about } = foldEvents(emptyRun, zeros);
    expect(
      marksOf([
        { name: null, about },
        { name: 'Mine', about },
        { name: 'Other', about: null },
      ]),
    ).toEqual([`Not as usual: ${words}`, `Mine, not as usual: ${words}`]);
  });

  it('says so too where layers are rounded that usually stay', () => {
    const settings = planRun({ ...setup, sites: 'all' }, recipes);
    expect(waysOf(settings)).toEqual(['layers rounded that usually stay as stored']);
    expect(waysLine(planRun(setup, recipes))).toBeNull();
  });

  it('keeps its ways in a link', async () => {
    const [planned] = planRun({ ...setup, methods: ['gptq'], sites: 'all' }, recipes).points;
    const log = changed({ variants: zeroed }).map((event): RunEvent => {
      if (event.type !== 'run-started') return event;
      const points = event.settings.points.map((point) =>
        point.assignment && planned ? { ...point, assignment: planned.assignment } : point,
      );
      return { ...event, settings: { ...event.settings, points } };
    });
    const share = sharedRun(log);
    const { settings } = await decodePermalink(await encodePermalink(share as NonNullable<typeof share>));
    expect(settings.variants).toEqual(zeroed);
    expect(waysOf(settings)).toEqual([words, 'layers rounded that usually stay as stored']);
  });

  it('is never silently compared with one that is', () => {
    const { about } = foldEvents(emptyRun, usual);
    expect(whatDiffers(about, [runOf(usual)])).toBeNull();
    expect(whatDiffers(about, [runOf(zeros)])).toContain(`These runs differ in what is not as usual (${words}).`);
  });
});
