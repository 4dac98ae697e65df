/**
 * The plain pieces, which everything else is compared with: the first of their slot. Nearest values of a uniform grid, on weights as they
 * are. Pure.
 */
import { present } from '../../util/assert';
import { piecesOf } from './catalog';
import type { Piece, PieceMeta, Recipe, Slot } from './recipe';

export const plainPiece = (slot: Slot): PieceMeta => present(piecesOf(slot)[0], `a ${slot}`);

/** Nearest values of a grid, and nothing else. */
export const plainRecipe = (grid: Piece): Recipe => ({
  transform: [],
  grid,
  rounding: { name: plainPiece('rounding').name },
  correction: [],
});

export const isPlain = ({ transform, rounding, correction }: Recipe): boolean =>
  transform.length === 0 && rounding.name === plainPiece('rounding').name && correction.length === 0;
