/** A recipe for every site, with exceptions. */
import { describe, expect, it } from 'vitest';
import {
  assign,
  assignEarlier,
  equalAssignment,
  fits,
  parseAssignment,
  recipeAt,
  recipesIn,
  tableRecipes,
} from '../../src/quant/recipe/assignment';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { Fields } from '../../src/log/link/fields';
import { fill, readTemplate, templateOf } from '../../src/log/link/recipes';
import { RecipeError } from '../../src/util/errors';

const grid = (bits: number) => ({ name: 'uniform', bits, group: 32 });
const at = (bits: number) => recipeOf({ grid: grid(bits), rounding: { name: 'nearest' } });
const all = at(3);

describe('a pattern', () => {
  it.each([
    ['embedding', 'embedding', true],
    ['embedding', 'head', false],
    ['decoder.7.mlp.down', 'decoder.7.mlp.down', true],
    ['decoder.7.mlp.down', 'decoder.17.mlp.down', false],
    ['decoder.*.mlp.down', 'decoder.17.mlp.down', true],
    ['decoder.*.mlp.down', 'decoder.17.mlp.gate-up', false],
    ['decoder.*.down', 'decoder.17.mlp.down', false],
    ['decoder.0.*', 'decoder.0.attention.qkv', true],
    ['decoder.0.*', 'decoder.0', false],
    ['*', 'embedding', true],
    ['*', 'decoder.0.attention.qkv', true],
    ['*.*.mlp.*', 'vision.3.mlp.up', true],
  ])('%s, about %s: %s', (where, site, expected) => {
    expect(fits(where, site)).toBe(expected);
  });
});

describe('an assignment', () => {
  it('gives every site of the blocks one recipe, and leaves embedding and head as stored', () => {
    expect(recipeAt({ all }, 'decoder.3.mlp.down')).toBe(all);
    expect([recipeAt({ all }, 'embedding'), recipeAt({ all }, 'head')]).toEqual([null, null]);
  });

  it('is ruled by the last exception that fits; null leaves a site as stored', () => {
    const except = [
      { where: 'decoder.*.mlp.down', recipe: at(8) },
      { where: 'decoder.0.*', recipe: null },
      { where: '*', recipe: at(4) },
    ];
    expect(recipeAt({ all, except: except.slice(0, 1) }, 'decoder.0.mlp.down')).toEqual(at(8));
    expect(recipeAt({ all, except: except.slice(0, 2) }, 'decoder.0.mlp.down')).toBeNull();
    expect(recipeAt({ all, except: except.slice(0, 2) }, 'decoder.1.mlp.down')).toEqual(at(8));
    expect(recipeAt({ all, except }, 'embedding')).toEqual(at(4));
    expect(recipesIn({ all, except })).toEqual([all, at(8), at(4)]);
  });

  it('means a site that usually stays by its name alone', () => {
    const router = 'decoder.3.mlp.router';
    const by = (where: string, recipe = at(8)) => recipeAt({ all, except: [{ where, recipe }] }, router, 'stays');
    expect(recipeAt({ all }, router, 'stays')).toBeNull();
    expect(['*', 'decoder.3.*', 'decoder.*.mlp.*', 'decoder.*.mlp.down'].map((where) => by(where))).toEqual(
      Array(4).fill(null),
    );
    expect([router, 'decoder.*.mlp.router', '*.*.*.router'].map((where) => by(where))).toEqual(Array(3).fill(at(8)));
    // The last that means it wins, as everywhere.
    const except = [
      { where: router, recipe: at(8) },
      { where: 'decoder.3.*', recipe: null },
    ];
    expect(recipeAt({ all, except }, router, 'stays')).toEqual(at(8));
  });

  it('is one value in every spelling, that of earlier versions included', () => {
    const now = parseAssignment({ all: { grid: grid(3), rounding: { name: 'nearest' } } });
    expect(equalAssignment(now, { all })).toBe(true);
    expect(parseAssignment({ grid: grid(3), rounding: { name: 'nearest' } })).toEqual(now);
    const tables = { ...all, head: grid(8) };
    expect(parseAssignment(tables)).toEqual(parseAssignment(assign(all, { head: grid(8) })));
    expect(parseAssignment(assignEarlier(tables)).except).toEqual([{ where: 'head', recipe: at(8) }]);
  });

  it.each([
    ['$.all.grid.bits', { all: { ...all, grid: grid(1) } }, '$.grid.bits'],
    ['an unknown field', { all, exempt: [] }, '$.exempt'],
    ['no list', { all, except: {} }, '$.except'],
    ['no site', { all, except: [{ where: '', recipe: null }] }, '$.except[0].where'],
    [
      'an unknown field of an exception',
      { all, except: [{ where: 'head', recipe: null, bits: 3 }] },
      '$.except[0].bits',
    ],
    ['a space', { all, except: [{ where: 'decoder. 1', recipe: null }] }, '$.except[0].where'],
    [
      'a wrong grid',
      { all, except: [{ where: 'head', recipe: { ...all, grid: grid(1) } }] },
      '$.except[0].recipe.grid.bits',
    ],
    [
      'inputs of a table',
      { all, except: [{ where: 'head', recipe: { ...all, rounding: { name: 'compensate' } } }] },
      '$.except[0].recipe',
    ],
    ['a wrong grid of an earlier recipe', { ...all, head: grid(1) }, '$.except[0].recipe.grid.bits'],
  ])('is refused by its path: %s', (_, json, path) => {
    let error: unknown;
    try {
      parseAssignment(json);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RecipeError);
    expect((error as RecipeError).details['path']).toBe(path);
  });

  it('means both by naming either, where embedding and head are one matrix', () => {
    const named = { id: 'x', assignment: assign(all, { head: grid(8) }) };
    const { head } = tableRecipes(named, false);
    expect(head?.grid).toMatchObject({ bits: 8 });
    expect(tableRecipes(named, true)).toEqual({ embedding: head, head });
    const two = { id: 'x', assignment: assign(all, { embedding: grid(4), head: grid(8) }) };
    expect(() => tableRecipes(two, true)).toThrow(/one matrix in this model/);
  });
});

describe('an assignment for every site', () => {
  const recipe = at(4);

  it('means those that usually stay as well, in itself and in its patterns', () => {
    const usual = parseAssignment({ all: recipe });
    const every = parseAssignment({ all: recipe, everywhere: true });
    expect(recipeAt(usual, 'decoder.0.mlp.router', 'stays')).toBe(null);
    expect(recipeAt(every, 'decoder.0.mlp.router', 'stays')).toEqual(recipe);
    expect(recipeAt(every, 'head')).toBe(null);
    const stored = parseAssignment({ ...every, except: [{ where: 'decoder.0.*', recipe: null }] });
    expect(recipeAt(stored, 'decoder.0.mlp.router', 'stays')).toBe(null);
    expect(recipeAt(stored, 'decoder.1.mlp.router', 'stays')).toEqual(recipe);
  });

  it('is another than the usual one, and the same as itself', () => {
    const every = { all: recipe, everywhere: true } as const;
    expect(equalAssignment(every, { all: recipe })).toBe(false);
    expect(equalAssignment({ all: recipe, everywhere: false } as never, { all: recipe })).toBe(true);
    expect(() => parseAssignment({ all: recipe, everywhere: 1 })).toThrow(/everywhere.*true or false/);
    const point = { id: 'rtn-4', method: 'rtn', bits: 4, group: 32 };
    const filled = fill(readTemplate(new Fields(templateOf(point, every), 'r')), point);
    expect(equalAssignment(filled, every)).toBe(true);
  });
});
