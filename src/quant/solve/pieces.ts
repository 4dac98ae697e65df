/**
 * The implementation of every piece that the catalog names: src/quant/<slot>/<name>.ts exports the function <name>, which makes the
 * piece from its options. Found by themselves: a new piece is its own files.
 */
import { assert } from '../../util/assert';
import { catalog } from '../recipe/catalog';
import type { Correction, Grid, Rounding, Transform } from '../problem';
import type { Piece, PieceMeta, Slot } from '../recipe/recipe';

type Make = (piece: Piece, cols: number) => unknown;

const modules = import.meta.glob<Readonly<Record<string, unknown>>>(
  ['../{transform,grid,rounding,correction}/*.ts', '!../**/*.meta.ts'],
  { eager: true },
);

function find({ slot, name }: PieceMeta): Make | undefined {
  const found = modules[`../${slot}/${name}.ts`]?.[name];
  return typeof found === 'function' ? (found as Make) : undefined;
}

/** Pieces of the catalog without an implementation, for the test that there is none. */
export const missing = catalog.filter((meta) => !find(meta)).map(({ name }) => name);

function make<T>(slot: Slot, piece: Piece, cols: number): T {
  const meta = catalog.find((one) => one.slot === slot && one.name === piece.name);
  const found = meta && find(meta);
  // parseRecipe has refused unknown names: a miss is a meta file without its implementation.
  assert(found, `src/quant/${slot}/${piece.name}.ts exports ${piece.name}`);
  return found(piece, cols) as T;
}

export const makeTransform = (piece: Piece): Transform => make('transform', piece, 0);
/** `cols`: of the matrix to be rounded, because some formats hold only whole blocks of columns. */
export const makeGrid = (piece: Piece, cols: number): Grid => ({
  ...make<Grid>('grid', piece, cols),
  key: JSON.stringify(piece),
});
export const makeRounding = (piece: Piece): Rounding => make('rounding', piece, 0);
export const makeCorrection = (piece: Piece): Correction => make('correction', piece, 0);
