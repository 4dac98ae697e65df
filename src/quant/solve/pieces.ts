/**
 * The implementation of every piece that the catalog names. Beside the metadata src/quant/<slot>/<file>.meta.ts stands <file>.ts, which
 * exports for each of its pieces a function of the piece's name: it makes the piece from its options. Found by themselves: a new piece is
 * its own files.
 */
import { assert } from '../../util/assert';
import { findPiece, metaFiles, type Modules } from '../recipe/catalog';
import type { Correction, Grid, Rounding, Transform } from '../problem';
import type { Piece, PieceMeta, Slot } from '../recipe/recipe';

type Make = (piece: Piece, cols: number) => unknown;

const pieceFiles: Modules<unknown> = import.meta.glob<Readonly<Record<string, unknown>>>(
  ['../{transform,grid,rounding,correction}/*.ts', '!../**/*.meta.ts'],
  { eager: true },
);

/** Slot and file of "…/grid/ggml.meta.ts" and of "…/grid/ggml.ts": grid, grid/ggml. */
function placeOf(path: string) {
  const [, slot = '', file = ''] = /(\w+)\/(\w+)(?:\.meta)?\.ts$/.exec(path) ?? [];
  return { slot, place: `${slot}/${file}` };
}

/**
 * Every piece of the files of metadata with the function that makes it, by slot and name ("grid/q4_0"), and what is wrong with the files:
 * a sentence for each fault, which names the file.
 */
export function pairPieces(metas: Modules<PieceMeta>, pieces: Modules<unknown>) {
  const made = new Map<string, Make>();
  const saidBy = new Map<string, string>();
  const faults: string[] = [];
  const exportsOf = new Map(Object.entries(pieces).map(([path, module]) => [placeOf(path).place, module]));
  for (const [path, module] of Object.entries(metas)) {
    const { slot, place } = placeOf(path);
    const file = `src/quant/${place}.meta.ts`;
    if (Object.keys(module).length === 0) faults.push(`${file} exports no piece.`);
    for (const [name, meta] of Object.entries(module)) {
      if (meta.name !== name) faults.push(`${file} exports ${name}, and its name is ${meta.name}: expected the same.`);
      if (meta.slot !== slot)
        faults.push(`${file} exports ${name}, a ${meta.slot}: expected a ${slot}, as its folder.`);
      const key = `${slot}/${name}`;
      const other = saidBy.get(key);
      if (other !== undefined) faults.push(`${file} exports ${name}, and so does ${other}: expected one of them.`);
      saidBy.set(key, file);
      const found = exportsOf.get(place)?.[name];
      if (typeof found === 'function') made.set(key, found as Make);
      else faults.push(`${file} exports ${name}, and src/quant/${place}.ts exports no function of that name.`);
    }
  }
  return { made, faults };
}

const paired = pairPieces(metaFiles, pieceFiles);
/** What is wrong with the files of the pieces, for the test that there is nothing. */
export const { faults } = paired;

function make<T>(slot: Slot, piece: Piece, cols: number): T {
  const found = findPiece(slot, piece.name) && paired.made.get(`${slot}/${piece.name}`);
  // parseRecipe has refused unknown names: a miss is one of the faults.
  assert(found, `a function makes the ${slot} ${piece.name}. ${faults.join(' ')}`);
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
