/** llama.cpp's IQ4_NL: see blocks.ts. */
import type { Grid } from '../problem';
import type { Piece } from '../recipe/recipe';
import { blockGrid } from './blocks';

export function iq4_nl(piece: Piece, cols: number): Grid {
  return blockGrid('iq4_nl', piece, cols);
}
