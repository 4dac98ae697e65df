/** llama.cpp's Q4_1: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function q4_1(piece: Piece, cols: number): Grid {
  return blockGrid('q4_1', piece, cols);
}
