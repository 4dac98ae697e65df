/** llama.cpp's Q5_0: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q5_0(piece: Piece, cols: number): Grid {
  return blockGrid('q5_0', piece, cols);
}
