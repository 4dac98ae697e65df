/** llama.cpp's Q8_0: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q8_0(piece: Piece, cols: number): Grid {
  return blockGrid('q8_0', piece, cols);
}
