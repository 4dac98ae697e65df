/** What the names in a recipe run: one line per piece, beside its line in catalog.ts. */
import { assert } from '../util/assert';
import { uniform } from './grid/uniform';
import type { Correction, Grid, Rounding, Transform } from './problem';
import type { Piece } from './recipe';
import { compensate } from './rounding/compensate';
import { nearest } from './rounding/nearest';
import { permute } from './transform/permute';

type Make<T> = (piece: Piece) => T;

const transforms: Readonly<Record<string, Make<Transform>>> = { permute };
const grids: Readonly<Record<string, Make<Grid>>> = { uniform };
const roundings: Readonly<Record<string, Make<Rounding>>> = { nearest: () => nearest, compensate };
const corrections: Readonly<Record<string, Make<Correction>>> = {};

function make<T>(table: Readonly<Record<string, Make<T>>>, piece: Piece): T {
  const found = table[piece.name];
  // parseRecipe has refused unknown names: a miss is a piece in the catalog without a line here.
  assert(found, `the catalog's ${piece.name} has an implementation`);
  return found(piece);
}

export const makeTransform = (piece: Piece): Transform => make(transforms, piece);
export const makeGrid = (piece: Piece): Grid => make(grids, piece);
export const makeRounding = (piece: Piece): Rounding => make(roundings, piece);

/** Names with an implementation, for the test that holds them against the catalog. */
export const implemented: Readonly<Record<string, readonly string[]>> = {
  transform: Object.keys(transforms),
  grid: Object.keys(grids),
  rounding: Object.keys(roundings),
  correction: Object.keys(corrections),
};
