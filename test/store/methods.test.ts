/** Methods by strategy, what a search finds, and what cannot run as the form stands. */
import { describe, expect, it } from 'vitest';
import { strategies } from '../../src/quant/recipe/recipe';
import { recipes } from '../../src/quant/recipe/recipes';
import { groupMethods } from '../../src/store/methods';
import { countPoints, planPoints, unfit } from '../../src/store/plan';
import { readSearch } from '../../src/store/search';
import { startingSetup } from '../../src/store/state';

const names = (search: string) =>
  groupMethods(recipes, search).flatMap(({ methods }) => methods.map(({ name }) => name));

describe('the methods', () => {
  it('stand each in one group, in the order of the taxonomy', () => {
    const groups = groupMethods(recipes);
    expect(groups.flatMap(({ methods }) => methods).length).toBe(recipes.length);
    const order = strategies.map(({ name }) => name);
    const places = groups.map(({ name }) => order.indexOf(name));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('say when they help and what they cost', () => {
    for (const { name, helps, cost } of recipes) {
      expect(helps, name).toMatch(/\w.*\.$/);
      expect(cost, name).toMatch(/\w.*\.$/);
    }
  });

  it('are found by name, by words of the idea and by the number of the paper', () => {
    expect(names('gptq act')).toContain('gptq-act-order');
    expect(names('2210.17323')).toContain('gptq');
    expect(names('no such method')).toEqual([]);
  });

  it('are found by the names that other programs have for them, and by their widths', () => {
    const llamaCpp = names('llama.cpp');
    for (const name of ['q4_k', 'q4_k-imatrix', 'gptq-q4_k', 'q8_0']) expect(llamaCpp).toContain(name);
    expect(names('gguf')).toEqual(llamaCpp);
    for (const type of ['Q4_K_M', 'q4_k_s', 'Q4_K', 'q4k']) {
      expect(names(type), type).toEqual(['q4_k', 'q4_k-imatrix', 'gptq-q4_k']);
    }
    expect(names('iq4_nl')).toContain('iq4_nl');
    expect(names('autogptq')).toEqual(names('gptq'));
    for (const width of ['int4', '4bit', '4-bit', '4 bits', 'W4A16']) {
      expect(names(`llama.cpp ${width}`), width).toEqual(llamaCpp.filter((name) => /q4_/.test(name)));
    }
    expect(names('int4')).toContain('gptq');
    expect(names('int4')).not.toContain('q8_0');
    for (const absent of ['nf4', 'iq3_xxs', 'aqlm']) expect(names(absent), absent).toEqual([]);
  });

  it('say where what is found is not quite what was asked for', () => {
    expect(readSearch('Q4_K_M').notes).toEqual([expect.stringContaining('every layer is Q4_K.')]);
    expect(readSearch('exl2').notes).toEqual([expect.stringContaining('not here')]);
    expect(readSearch('gptq q4_k 4-bit').notes).toEqual([]);
  });

  it('are refused with what to change, and planned only at the widths that they have', () => {
    const [first] = recipes;
    if (!first) throw new Error('no methods');
    const three = { ...first, name: 'three', widths: [3] };
    const setup = { ...startingSetup, methods: ['three'], widths: [4, 3] };
    expect(unfit(three, setup)).toBeNull();
    expect(planPoints(setup, [three]).map(({ id }) => id)).toEqual(['three-3']);
    expect(countPoints(setup, [three])).toBe(1);
    expect(unfit(three, { ...setup, widths: [4] })).toMatch(/3 bits only/);
    expect(unfit({ ...first, groups: 'required' }, { ...setup, group: null })).toMatch(/group/);
    expect(unfit({ ...first, cross: true }, { ...setup, mode: 'shared' })).toMatch(/sequential/);
    expect(unfit({ ...first, cross: true }, { ...setup, mode: 'sequential' })).toBeNull();
  });

  it('bring their own groups: the form’s is not theirs', () => {
    const groupIn = (name: string) =>
      planPoints({ ...startingSetup, methods: [name], widths: [4], group: 64 }, recipes)[0]?.group;
    expect(groupIn('gptq')).toBe(64);
    expect(groupIn('q4_k')).toBeNull();
    expect(groupIn('ptq-bench/awq')).toBe(128);
  });
});
