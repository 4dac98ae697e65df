/** llama.cpp's Q6_K: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q6_k(piece: Piece, cols: number): Grid {
  return blockGrid('q6_k', piece, cols);
}
