/** From made-up figures to the report, its text, and what the page draws. */
import { describe, expect, it } from 'vitest';
import { claimGroups, placesOf, rankAt, shadeOf, tableAt } from '../../../src/store/paperView';
import { experimentsOf } from './experiments';
import { studyWith } from './made';
import { structures } from './models';
import { reportOf } from './report';
import { nameOf, offers, tableMethods, widths } from './sets';
import { Study } from './study';
import { textsOf } from './text';

const everywhere = (loss: (method: string, bits: number) => number | string) =>
  Object.fromEntries(
    widths.flatMap((bits) =>
      ([null, 32] as const).flatMap((group) =>
        tableMethods
          .filter((method) => offers(method, bits, group))
          .map((method) => [nameOf(method, bits, group), loss(method, bits)] as const),
      ),
    ),
  );

const inOrder = (method: string, bits: number) => ((1 + tableMethods.indexOf(method as 'rtn')) * (5 - bits)) / 10;
const study = () =>
  studyWith(
    { mamba: everywhere((method, bits) => (method === 'awq' ? 'no place for scales' : 1 - inOrder(method, bits) / 4)) },
    {},
    studyWith({ llama: everywhere(inOrder) }, { bundled: 'level-100' }),
  );
const report = () => reportOf(study(), '0.1.0+made', 16_384);

describe('the report', () => {
  it('says what is missing, and nothing of it', () => {
    const { structures, cells } = report();
    const there = structures.filter(({ perplexity }) => perplexity !== null).map(({ name }) => name);
    expect(there).toEqual(['llama', 'mamba']);
    expect(new Set(cells.map(({ structure }) => structure))).toEqual(new Set(there));
    const texts = textsOf(report(), []);
    expect(texts['models']).toMatch(/Pictures +\| no model yet/);
    expect(texts['findings']).toContain('no model yet of: Experts, coarse, Experts, fine, Mamba 2 and Pictures');
  });

  it('marks a best one only where all differences to it are no chance', () => {
    const best = (name: string, points: Parameters<typeof studyWith>[0][string]) =>
      reportOf(studyWith({ [name]: points }), '', 1).cells.filter(({ mark }) => mark === 'best');
    const sure = { 'rtn 3': 1, 'gptq 3': 0.5, 'awq 3': 0.2 };
    expect(best('llama', sure).map(({ method }) => method)).toEqual(['awq']);
    expect(best('llama', { ...sure, 'quip 3': 0.2 })).toEqual([]);
    expect(best('llama', { 'rtn 3': 1 })).toEqual([]);
  });

  it('keeps why a method cannot run', () => {
    const cell = report().cells.find(({ structure, method }) => structure === 'mamba' && method === 'awq');
    expect(cell).toMatchObject({ value: null, failure: 'no place for scales' });
    expect(textsOf(report(), [])['methods']).toContain('cannot run');
  });

  it('finds opposite orders', () => {
    const rank = rankAt(report(), { bits: 3, group: null }, 'mamba', 'llama');
    expect(rank).toMatchObject({ methods: tableMethods.length - 1, tau: [-1, -1, -1] });
  });

  it('stays below 100 kB with every structure in it', () => {
    const whole = structures.reduce(
      (made, { name }) => studyWith({ [name]: everywhere(inOrder) }, {}, made),
      new Study(),
    );
    const size = JSON.stringify(reportOf(whole, '0.1.0+made', 16_384)).length;
    expect(size).toBeGreaterThan(40_000);
    expect(size).toBeLessThan(100_000);
  });

  it('sets experiments beside what they are against', () => {
    const points = { 'gptq-mse 2': 1, 'quarot-asymmetric 2': 0.4 };
    const [rotation] = experimentsOf(studyWith({ llama: points }));
    expect(rotation?.rows.map(({ label }) => label)).toEqual([
      'GPTQ, mse clip, 2 bits',
      'the same with rotation, against without, 2 bits',
    ]);
    expect(rotation?.rows[0]?.difference).toBeUndefined();
    expect(rotation?.rows[1]?.difference?.[0]).toBeCloseTo(-0.6, 1);
  });
});

describe('the page on the paper', () => {
  it('has contradictions first, and every claim once', () => {
    const made = report();
    const groups = claimGroups(made);
    expect(groups[0]?.claims.every(({ verdict, source }) => verdict === 'refuted' && source === 'paper')).toBe(true);
    const shown = groups.flatMap(({ claims }) => claims.map(({ id }) => id));
    expect(shown.sort()).toEqual(made.claims.map(({ id }) => id).sort());
  });

  it('has a row for every structure, and columns for methods that have the width and grouping', () => {
    expect(placesOf(report())).toEqual({ widths: [4, 3, 2], groups: [null, 32] });
    const { columns, rows } = tableAt(report(), { bits: 3, group: 32 });
    expect(columns.map(({ name }) => name)).toEqual(tableMethods.filter((method) => offers(method, 3, 32)));
    expect(rows.map(({ name, cells }) => [name, cells?.length ?? null])).toEqual([
      ['llama', columns.length],
      ['mixtral', null],
      ['qwen2_moe', null],
      ['mamba', columns.length],
      ['mamba2', null],
      ['llava', null],
    ]);
  });

  it('shades from nothing to all, never off the scale', () => {
    const shades = [-1, 0, 0.003, 0.03, 0.3, 3, 30].map(shadeOf);
    expect(shades).toEqual([...shades].sort((a, b) => a - b));
    expect([shades[0], shades.at(-1)]).toEqual([0, 7]);
  });
});
