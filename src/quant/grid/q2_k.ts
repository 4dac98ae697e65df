/** llama.cpp's Q2_K: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q2_k(piece: Piece, cols: number): Grid {
  return blockGrid('q2_k', piece, cols);
}
