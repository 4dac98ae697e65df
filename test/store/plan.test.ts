/** From the form to a request. */
import { describe, expect, it } from 'vitest';
import { piecesIn, someWidth } from '../../src/quant/recipe/recipe';
import { recipes } from '../../src/quant/recipe/recipes';
import { planPoints, planRun, recipeOf, tableGrids, type Setup } from '../../src/store/plan';
import { startingSetup } from '../../src/store/state';
import { RecipeError } from '../../src/util/errors';
import { recipeAt } from '../../src/quant/recipe/assignment';
import { present } from '../../src/util/assert';

const gptq = recipes.find(({ name }) => name === 'gptq');
if (!gptq) throw new Error('no gptq');

describe('the plan', () => {
  it('has every method at every width, in the order in which widths teach', () => {
    const points = planPoints({ ...startingSetup, methods: ['gptq', 'rtn'], widths: [3, 8] }, recipes);
    expect(points.map(({ id }) => id)).toEqual(['rtn-3', 'gptq-3', 'rtn-8', 'gptq-8']);
  });

  it('carries the form into every recipe', () => {
    const setup = { ...startingSetup, methods: ['gptq'], widths: [3], group: 64, symmetric: true };
    const settings = planRun(
      { ...setup, overrides: { gptq: { 'rounding.damping': 0.05, 'grid.clip': 'mse' } } },
      recipes,
    );
    expect(settings.points[0]?.assignment?.all.grid).toMatchObject({
      bits: 3,
      group: 64,
      symmetric: true,
      clip: 'mse',
    });
    expect(settings.points[0]?.assignment?.all.rounding).toMatchObject({ name: 'compensate', damping: 0.05 });
    expect(settings).toMatchObject({ protocol: 'gptq', context: startingSetup.context, seed: 0 });
  });

  it('quantizes embedding and head only where asked to', () => {
    const at = (setup: Setup, site: string) => {
      const [point] = planPoints({ ...setup, methods: ['gptq'], widths: [3] }, recipes);
      return recipeAt(present(point?.assignment, 'gptq-3'), site);
    };
    const all = { ...startingSetup, group: 32, embedding: 8, head: 6 };
    expect(at(all, 'embedding')).toMatchObject({
      grid: { name: 'uniform', bits: 8, group: 32 },
      rounding: { name: 'nearest' },
    });
    expect(at(all, 'head')?.grid).toMatchObject({ bits: 6 });
    expect(at(all, 'decoder.0.mlp.down')?.grid).toMatchObject({ bits: 3 });
    expect([at(startingSetup, 'embedding'), at(startingSetup, 'head')]).toEqual([null, null]);
  });

  it('leaves out methods that the group does not allow', () => {
    const needing = recipes.find(({ groups }) => groups === 'required');
    const setup = { ...startingSetup, methods: ['rtn', needing?.name ?? ''], widths: [4] };
    expect(planPoints({ ...setup, group: null }, recipes).map(({ method }) => method)).toEqual(['rtn']);
    expect(planPoints({ ...setup, group: 32 }, recipes)).toHaveLength(2);
  });

  it('refuses options out of their limits', () => {
    const setup = { ...startingSetup, overrides: { gptq: { 'rounding.damping': 7 } } };
    expect(() => recipeOf(gptq, 4, setup)).toThrow(RecipeError);
  });

  it('leaves every method what it is while the form asks for nothing else', () => {
    for (const method of recipes) {
      const bits = someWidth(method);
      const setup = { ...startingSetup, group: 32 };
      expect(recipeOf(method, bits, setup), method.name).toEqual(method.recipe(bits, 32));
    }
  });

  it('rounds tables without inputs, whatever the method reads', () => {
    const imatrix = recipes.find(({ name }) => name === 'imatrix');
    if (!imatrix) throw new Error('no imatrix');
    const setup = { ...startingSetup, embedding: 8 };
    const { embedding } = tableGrids(recipeOf(imatrix, 3, setup).grid, setup);
    expect(embedding).toEqual({ name: 'uniform', bits: 8, group: setup.group, symmetric: false });
  });

  it('names the places of a recipe', () => {
    for (const method of recipes) {
      const places = piecesIn(method.recipe(someWidth(method), 32)).map(({ place }) => place);
      expect(places).toContain('grid');
      expect(places).toContain('rounding');
    }
  });
});
