/** llama.cpp's Q3_K: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q3_k(piece: Piece, cols: number): Grid {
  return blockGrid('q3_k', piece, cols);
}
