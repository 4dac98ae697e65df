/** Points of rounding to nearest and a relative bound, for runs that are compared with numbers of PyTorch. */
import { expect } from 'vitest';
import type { PlannedPoint } from '../../src/log/events';
import { withGrid } from '../../src/quant/recipe/parseRecipe';
import { findMethod } from '../../src/quant/recipe/recipes';

export function rtn(bits: number, group: number | null, symmetric: boolean): PlannedPoint {
  const recipe = findMethod('rtn')?.recipe(bits, group);
  if (!recipe) throw new Error('rtn is a method');
  const id = `rtn ${bits} ${group ?? 'row'} ${symmetric}`;
  return { id, method: 'rtn', assignment: { all: symmetric ? withGrid(recipe, { symmetric }) : recipe }, bits, group };
}

export const closeTo = (got: number | null, want: number, relative: number, what: string) =>
  expect(Math.abs((got ?? NaN) / want - 1), `${what}: got ${got}, want ${want}`).toBeLessThan(relative);
