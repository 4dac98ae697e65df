import { describe, expect, it } from 'vitest';
import { parseJsonObject } from '../../src/formats/strictJson';
import { parseRecipe } from '../../src/quant/recipe/parseRecipe';
import { RecipeError } from '../../src/util/errors';
import { isTooDeep, maxJsonDepth, shortJson } from '../../src/util/json';

const nest = (depth: number) => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);

describe('JSON from outside', () => {
  it('counts brackets outside strings', () => {
    expect(isTooDeep(nest(maxJsonDepth))).toBe(false);
    expect(isTooDeep(nest(maxJsonDepth + 2))).toBe(true);
    expect(isTooDeep(`"${'['.repeat(100)}"`)).toBe(false);
    expect(isTooDeep(`["\\"${'['.repeat(100)}"]`)).toBe(false);
    expect(isTooDeep(`["\\\\",${'['.repeat(100)}`)).toBe(true);
    // Text that is cut in a string or behind a backslash ends the count.
    expect(isTooDeep('["abc')).toBe(false);
    expect(isTooDeep('["abc\\')).toBe(false);
    expect(isTooDeep(']]]]' + '['.repeat(66))).toBe(false);
  });

  it('is refused by depth in files', () => {
    const bytes = new TextEncoder().encode(`{"a":${nest(200_000)}}`);
    expect(() => parseJsonObject(bytes, 'config.json', 'names')).toThrow(/config.json: nested deeper than 64 levels/);
  });

  it('is shown cut, however deep or long', () => {
    expect(shortJson({ a: [1, null, 'x'], b: true }, 60)).toBe('{"a":[1,null,"x"],"b":true}');
    expect(shortJson('x'.repeat(100), 10)).toBe('"xxxxxxxxx…');
    expect(shortJson(Array(1e6).fill(0), 5)).toBe('[0,0,…');
    expect(shortJson(undefined, 9)).toBe('undefined');
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i++) deep = { grid: [deep] };
    expect(shortJson(deep, 20)).toBe('{"grid":[{"grid":[{"…');
    const recipe = { grid: deep, rounding: deep, transform: deep, head: deep };
    expect(() => parseRecipe(recipe)).toThrow(RecipeError);
    expect(() => parseRecipe({ transform: [{ name: deep }] })).toThrow(RecipeError);
    const uniform = { name: 'uniform', bits: deep };
    expect(() => parseRecipe({ grid: uniform, rounding: { name: 'nearest' } })).toThrow(
      /\$\.grid\.bits: this is \{"grid"/,
    );
  });
});
