/** llama.cpp's Q4_K: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q4_k(piece: Piece, cols: number): Grid {
  return blockGrid('q4_k', piece, cols);
}
