/** The literature: each method a few lines over the pieces of the catalog, with the defaults of its paper. Data only. */
import { findPiece } from './catalog';
import { benchmark } from '../methods/benchmark';
import { compensation } from '../methods/compensation';
import { blockFormats } from '../methods/formats';
import { lowRank } from '../methods/lowRank';
import { plain } from '../methods/plain';
import { rotation } from '../methods/rotation';
import { salience } from '../methods/salience';
import { canonicalRecipe, equalRecipe } from './parseRecipe';
import type { Assignment } from './assignment';
import { isPlain } from './plain';
import type { MethodMeta, Piece, Recipe, Slot } from './recipe';

export const recipes: readonly MethodMeta[] = [
  ...plain,
  ...compensation,
  ...salience,
  ...rotation,
  ...lowRank,
  ...blockFormats,
  ...benchmark,
];

export function findMethod(name: string): MethodMeta | undefined {
  return recipes.find((method) => method.name === name);
}

/** The method that a recipe is, at any width, group and symmetry; undefined for a composition of one's own. */
export function methodOf(recipe: Recipe): MethodMeta | undefined {
  const { bits, group, symmetric, name } = recipe.grid;
  const body = canonicalRecipe(recipe);
  return recipes.find((method) => {
    if (method.groups === 'required' && typeof group !== 'number') return false;
    const all = method.widths ?? [2, 3, 4, 5, 6, 7, 8];
    return all.some((width) => {
      // Where the grid says its width, only that one can be meant.
      if (typeof bits === 'number' && bits !== width) return false;
      const plain = method.recipe(width, typeof group === 'number' ? group : null);
      if (plain.grid.name !== name || plain.rounding.name !== recipe.rounding.name) return false;
      return equalRecipe(symmetric === true ? { ...plain, grid: { ...plain.grid, symmetric } } : plain, body);
    });
  });
}

/** A short label: "GPTQ 3-bit g32 symmetric", or the pieces one by one where no method has this name. */
export function describeRecipe(recipe: Recipe): string {
  const method = methodOf(recipe);
  const grid = describePiece('grid', recipe.grid);
  const name =
    method?.label ??
    [
      ...recipe.transform.map((piece) => describePiece('transform', piece)),
      describePiece('rounding', recipe.rounding),
      ...recipe.correction.map((piece) => describePiece('correction', piece)),
    ].join(' + ');
  // The clip is part of a method's own name.
  return [name, method ? grid.replace(' mse clip', '') : grid].join(' ');
}

/** "head 8-bit row", "decoder.0.* as stored", "decoder.*.mlp.down GPTQ 6-bit g32": what stands apart from the recipe of all others. */
export function describeExceptions({ everywhere, except = [] }: Assignment): readonly string[] {
  const also = everywhere ? ['what usually stays as stored, as all others'] : [];
  return also.concat(
    except.map(({ where, recipe }) => {
      if (!recipe) return `${where} as stored`;
      return `${where} ${isPlain(recipe) ? describePiece('grid', recipe.grid) : describeRecipe(recipe)}`;
    }),
  );
}

/** Of all points of a run, each said once; null where there is none. */
export function exceptionsOf(points: readonly { readonly assignment: Assignment | null }[]): string | null {
  const said = points.flatMap(({ assignment }) => (assignment ? describeExceptions(assignment) : []));
  return said.length ? [...new Set(said)].join(', ') : null;
}

function describePiece(slot: Slot, piece: Piece): string {
  const meta = findPiece(slot, piece.name);
  if (!meta) return piece.name;
  if (meta.describe) return meta.describe(piece);
  // What is left out is the default.
  const differing = Object.entries(meta.options).filter(
    ([key, schema]) => piece[key] !== undefined && piece[key] !== schema.default,
  );
  return [meta.name, ...differing.map(([key]) => `${key} ${String(piece[key])}`)].join(' ');
}
