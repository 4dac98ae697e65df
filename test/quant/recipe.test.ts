import { describe, expect, it } from 'vitest';
import { catalog, findPiece } from '../../src/quant/recipe/catalog';
import { equalRecipe, needsCalibration, parseRecipe, recipeOf, withGrid } from '../../src/quant/recipe/parseRecipe';
import { makeGrid } from '../../src/quant/solve/pieces';
import { assign } from '../../src/quant/recipe/assignment';
import { describeRecipe, exceptionsOf, findMethod, methodOf, recipes } from '../../src/quant/recipe/recipes';
import type { MethodMeta, Recipe } from '../../src/quant/recipe/recipe';
import { RecipeError } from '../../src/util/errors';

const groupOf = ({ grid }: Recipe) => (typeof grid['group'] === 'number' ? grid['group'] : null);
const plain = { grid: { name: 'uniform' }, rounding: { name: 'nearest' } };

/** The JSON path that the parser names for a recipe it refuses. */
function pathOf(json: unknown): unknown {
  try {
    parseRecipe(json);
  } catch (error) {
    expect(error).toBeInstanceOf(RecipeError);
    return (error as RecipeError).details['path'];
  }
  return 'accepted';
}

describe('recipe', () => {
  it('fills in defaults, so that two spellings are one recipe', () => {
    const short = parseRecipe(plain);
    const long = parseRecipe({
      correction: [],
      rounding: { name: 'nearest' },
      transform: [],
      grid: { clip: 'min-max', symmetric: false, group: null, bits: 4, name: 'uniform' },
    });
    expect(equalRecipe(short, long)).toBe(true);
    expect(equalRecipe(short, withGrid(short, { bits: 3 }))).toBe(false);
    expect(parseRecipe(JSON.parse(JSON.stringify(long)))).toEqual(long);
  });

  it('leaves out what came later where it has its default, so that recipes of before are the text that they were', () => {
    const quarot = { ...plain, transform: [{ name: 'rotate' }] };
    const text = '[{"name":"rotate","basis":"hadamard"}]';
    expect(JSON.stringify(parseRecipe(quarot).transform)).toBe(text);
    const said = { ...plain, transform: [{ name: 'rotate', online: 'none' }] };
    expect(JSON.stringify(parseRecipe(said).transform)).toBe(text);
    const online = parseRecipe({ ...plain, transform: [{ name: 'rotate', online: 'hadamard' }] });
    expect(online.transform).toEqual([{ name: 'rotate', basis: 'hadamard', online: 'hadamard' }]);
    expect(describeRecipe(online)).toBe('rotate online hadamard + nearest 4-bit row');
    expect(describeRecipe(parseRecipe({ ...plain, transform: [{ name: 'rotate', basis: 'orthogonal' }] }))).toBe(
      'rotate basis orthogonal + nearest 4-bit row',
    );
    expect(pathOf({ ...plain, transform: [{ name: 'rotate', online: 'orthogonal' }] })).toBe('$.transform[0].online');
    const late = catalog.flatMap(({ options }) => Object.keys(options).filter((key) => options[key]?.later));
    expect(late).toEqual(['online']);
  });

  it.each<[string, unknown]>([
    ['$', null],
    ['$', 'gptq'],
    ['$.gird', { ...plain, gird: {} }],
    ['$.grid', { rounding: { name: 'nearest' } }],
    ['$.grid.name', { ...plain, grid: { name: 'nearest' } }],
    ['$.grid.name', { ...plain, grid: { name: '__proto__' } }],
    ['$.grid.bit', { ...plain, grid: { name: 'uniform', bit: 3 } }],
    ['$.grid.bits', { ...plain, grid: { name: 'uniform', bits: 9 } }],
    ['$.grid.bits', { ...plain, grid: { name: 'uniform', bits: 2.5 } }],
    ['$.grid.bits', { ...plain, grid: { name: 'uniform', bits: '3' } }],
    ['$.grid.group', { ...plain, grid: { name: 'uniform', group: 0 } }],
    ['$.grid.symmetric', { ...plain, grid: { name: 'uniform', symmetric: 1 } }],
    ['$.grid.clip', { ...plain, grid: { name: 'uniform', clip: 'mean' } }],
    ['$.rounding.damping', { ...plain, rounding: { name: 'compensate', damping: 0 } }],
    ['$.rounding.toString', { ...plain, rounding: { name: 'nearest', toString: 1 } }],
    ['$.transform', { ...plain, transform: { name: 'permute' } }],
    ['$.transform', { ...plain, transform: Array.from({ length: 9 }, () => ({ name: 'permute' })) }],
    ['$.transform[0].name', { ...plain, transform: [{ name: 'twist' }] }],
    ['$.correction[0].name', { ...plain, correction: [{ name: 'low-rank' }] }],
    // Pairs that cannot work.
    [
      '$.transform[0]',
      {
        transform: [{ name: 'permute' }, { name: 'permute' }],
        grid: { name: 'uniform', group: 8 },
        rounding: { name: 'compensate' },
      },
    ],
    ['$.transform[0]', { ...plain, transform: [{ name: 'permute' }] }],
    [
      '$.transform[0]',
      { ...plain, transform: [{ name: 'permute', order: 'group-aware' }], rounding: { name: 'compensate' } },
    ],
    [
      '$.transform[0]',
      {
        grid: { name: 'uniform', group: 32 },
        transform: [{ name: 'permute', order: 'group-aware' }],
        rounding: { name: 'nearest' },
      },
    ],
    ...['compensate', 'asymmetric'].map((name): [string, unknown] => [
      '$.grid',
      {
        transform: [{ name: 'permute' }],
        grid: { name: 'awq', group: 32, clip: true },
        rounding: { name, groups: 'static' },
      },
    ]),
  ])('refuses at %s: %j', (path, json) => {
    expect(pathOf(json)).toBe(path);
  });

  it('accepts what can work', () => {
    expect(pathOf({ ...plain, transform: [{ name: 'permute' }], grid: { name: 'uniform', group: 64 } })).toBe(
      'accepted',
    );
    // Ranges cut in the new order, which dynamic groups follow.
    const awq = { name: 'awq', group: 32 };
    const ordered = { transform: [{ name: 'permute' }], grid: awq, rounding: { name: 'compensate' } };
    expect(pathOf(ordered)).toBe('accepted');
    const unclipped = { ...ordered, grid: { ...awq, clip: false }, rounding: { name: 'compensate', groups: 'static' } };
    expect(pathOf(unclipped)).toBe('accepted');
  });

  it('refuses group-aware order on whole rows, and on them alone', () => {
    for (const { slot, name, options } of catalog) {
      if (slot !== 'grid') continue;
      const recipe = (order: string, rounding: string) => ({
        transform: [{ name: 'permute', order }],
        grid: { name, ...('group' in options && { group: 32 }) },
        rounding: { name: rounding },
      });
      const { group, width } = makeGrid(parseRecipe({ ...plain, grid: recipe('', '').grid }).grid, 512);
      const whole = group === Infinity ? '$.transform[0]' : 'accepted';
      expect(pathOf(recipe('group-aware', 'compensate')), name).toBe(whole);
      if (width === 1) expect(pathOf(recipe('activation', 'nearest')), name).toBe(whole);
    }
  });

  it('has metadata that agrees with itself', () => {
    for (const meta of catalog) {
      expect(findPiece(meta.slot, meta.name)).toBe(meta);
      for (const schema of Object.values(meta.options)) {
        expect(schema.label && schema.help).toBeTruthy();
        if (schema.kind === 'choice') expect(schema.choices).toContain(schema.default);
        if (schema.kind === 'integer' || schema.kind === 'number') {
          expect(schema.default).toBeGreaterThanOrEqual(schema.min);
          expect(schema.default).toBeLessThanOrEqual(schema.max);
        }
      }
    }
  });
});

describe('methods', () => {
  it('are recipes at every width and group, and are recognised again', () => {
    expect(new Set(recipes.map((method) => method.name)).size).toBe(recipes.length);
    for (const method of recipes) {
      for (const bits of method.widths ?? [2, 3, 4, 5, 6, 7, 8]) {
        for (const group of method.groups === 'own' ? [null] : [32, 64, 128, null]) {
          if (group === null && method.groups === 'required') {
            expect(() => method.recipe(bits, group)).toThrow(RecipeError);
            continue;
          }
          const recipe = method.recipe(bits, group);
          expect(parseRecipe(recipe)).toEqual(recipe);
          expect(needsCalibration(recipe)).toBe(method.calibrated);
          // The benchmark's configurations can be another method's at one group: then either name will do.
          const found = methodOf(recipe);
          if (!method.name.startsWith('ptq-bench/')) expect(found).toBe(method);
          else expect(found && equalRecipe(found.recipe(bits, groupOf(recipe)), recipe)).toBe(true);
          // QuaRot without its symmetry, made symmetric, is QuaRot.
          const other = method.name === 'quarot-asymmetric' || method.name.startsWith('ptq-bench/');
          if ('symmetric' in recipe.grid && !other)
            expect(methodOf(withGrid(recipe, { symmetric: true }))).toBe(method);
        }
      }
    }
  });

  it('weigh importance in every block format but Q8_0, which searches nothing', () => {
    expect(findMethod('q8_0-imatrix')).toBeUndefined();
    expect(findMethod('q8_0')?.recipe(8, null).grid).toEqual({ name: 'q8_0' });
    expect(findMethod('gptq-q8_0')?.recipe(8, null).grid).toEqual({ name: 'q8_0' });
    expect(findMethod('q6_k-imatrix')?.recipe(6, null).grid['importance']).toBe('inputs');
    expect(pathOf({ ...plain, grid: { name: 'q8_0', importance: 'inputs' } })).toBe('$.grid.importance');
  });

  it('tell of zero points where the recipe has them', () => {
    for (const name of ['matmulnbits', 'gptq-matmulnbits']) {
      const { line, cost, recipe } = findMethod(name) as MethodMeta;
      expect(recipe(4, null).grid['symmetric']).toBe(true);
      expect(`${line} ${cost}`).not.toMatch(/with zero|bit zero/);
    }
  });

  it('are refused where a rotation and kept columns meet', () => {
    const recipe = { ...plain, transform: [{ name: 'rotate' }], correction: [{ name: 'keep' }] };
    expect(() => parseRecipe(recipe)).toThrow(/a fused rotation turns every column/);
  });

  it('have short labels', () => {
    const gptq = findMethod('gptq')?.recipe(3, 32) as Recipe;
    expect(describeRecipe(gptq)).toBe('GPTQ 3-bit g32');
    expect(describeRecipe(withGrid(gptq, { symmetric: true }))).toBe('GPTQ 3-bit g32 symmetric');
    expect(describeRecipe(findMethod('rtn-mse')?.recipe(2, null) as Recipe)).toBe('RTN, mse clip 2-bit row');
    const grid = { name: 'uniform', bits: 8, group: null, symmetric: false, clip: 'min-max' };
    const except = [{ where: 'decoder.0.*', recipe: null }];
    const assignment = { all: gptq, except: [...except, ...(assign(gptq, { head: grid }).except ?? [])] };
    expect(exceptionsOf([{ assignment: null }, { assignment }, { assignment }])).toBe(
      'decoder.0.* as stored, head 8-bit row',
    );
    expect(exceptionsOf([{ assignment: { all: gptq } }])).toBeNull();
    const own = recipeOf({ grid: { name: 'uniform', bits: 2 }, rounding: { name: 'compensate', damping: 0.1 } });
    expect(methodOf(own)).toBeUndefined();
    expect(describeRecipe(own)).toBe('compensate damping 0.1 2-bit row');
  });
});
