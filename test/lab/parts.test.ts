/** Experts that are opened, calibrated and solved a few at a time give what all at once give, bit by bit. */
import { describe, expect, it } from 'vitest';
import { partsOf, whole } from '../../src/lab/parts';
import type { Budgets } from '../../src/lab/budgets';
import type { RunEvent } from '../../src/log/events';
import type { Site } from '../../src/model/model';
import { testGpu } from '../gpu';
import { collect, finished, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const site = (name: string, cols: number, like?: string | null) =>
  ({ name, cols, ...(like !== undefined && { routed: { expert: 0, share: 1, like } }) }) as Site;

/** Bytes of four inputs: H, and what is derived from it in one basis. */
const four = 4 * 16 * 3;

describe('parts of a block', () => {
  const namesOf = (sites: readonly Site[], budget: number) =>
    partsOf(sites, budget, 1).map(({ has, of }) => [of, sites.filter(has).map(({ name }) => name)]);

  it("hold as many experts' sites as fit, in order, and at least one", () => {
    const sites = [site('a', 4, 'x'), site('b', 4, 'x'), site('c', 100, 'x'), site('d', 4, 'x')];
    expect(namesOf(sites, 2 * four)).toEqual([
      [3, ['a', 'b']],
      [3, ['c']],
      [3, ['d']],
    ]);
    expect(partsOf(sites, 1e9, 1)).toEqual([whole]);
    expect(partsOf(sites, 0, 1)).toHaveLength(4);
  });

  it('count a second H where nothing that sees all tokens reads the same rows', () => {
    const sites = [site('a', 4, null), site('b', 4, null), site('c', 4, null)];
    expect(partsOf(sites, 3 * four, 1)).toHaveLength(2);
    expect(partsOf(sites, 4 * four, 1)).toEqual([whole]);
  });

  it('do not divide what is of no expert, which is passed once', () => {
    const sites = [site('qkv', 4), site('output', 4), site('mlp', 100)];
    expect(partsOf(sites, 0, 1)).toEqual([whole]);
    expect(namesOf([...sites, site('a', 4, 'x'), site('shared', 4)], 0)).toEqual([
      [2, ['qkv', 'output', 'mlp']],
      [2, ['a', 'shared']],
    ]);
  });
});

describe('a run on experts with room for few of them', () => {
  it.each([
    ['mixtral', 'shared', ['rtn', 'gptq', 'quarot']],
    ['qwen2-moe', 'shared', ['awq']],
    ['deepseek', 'shared', ['gptq', 'awq']],
    ['mixtral', 'sequential', ['awq', 'gptaq']],
    ['llama', 'sequential', ['gptq', 'gptaq']],
  ] as const)('has the results of one with room for all: %s, %s, %j', async (name, mode, methods) => {
    const gpu = await testGpu();
    const settings = tinySettings(
      methods.map((method) => point(method, 3)),
      { mode },
    );
    const checkpoint = await tinyCheckpoint(name);
    const run = async (budgets: Partial<Budgets>) => collect(await tinyInput(gpu, settings, { checkpoint, budgets }));
    const untimed = (events: readonly RunEvent[]) => finished(events).map(({ seconds: _, ...rest }) => rest);
    const [all, few] = [await run({}), await run({ weights: 8000, moments: 30_000, states: 0 })];
    expect(untimed(few)).toEqual(untimed(all));
    expect(all.filter(({ type }) => type === 'remarked')).toEqual([]);
    const told = few.flatMap((event) => (event.type === 'remarked' ? [event.text] : []));
    expect(told).toEqual(
      name === 'llama'
        ? []
        : [expect.stringMatching(/opened again/), expect.stringMatching(/goes through the block \d+ times/)],
    );
    const done = (events: readonly RunEvent[]) =>
      events.flatMap((event) => (event.type === 'progressed' ? [event.done] : []));
    expect(done(few)).toEqual([...done(few)].sort((x, y) => x - y));
    expect(done(few).at(-1)).toBeCloseTo(done(all).at(-1) ?? NaN, 6);
  });
});
