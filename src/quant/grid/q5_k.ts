/** llama.cpp's Q5_K: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q5_k(piece: Piece, cols: number): Grid {
  return blockGrid('q5_k', piece, cols);
}
